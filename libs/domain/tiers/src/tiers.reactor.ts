import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Rethrow } from '@loyalty/event-log';
import type { Work } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';
import type { TiersInput } from './core/commands.ts';
import { workOf } from './tiers-work.ts';
import { PURCHASES_TO_TIERS } from './tokens.ts';

/** Purchases become work of the tiers: translation only. */
@Controller()
@UseFilters(Rethrow)
export class TiersReactor {
  @EventPattern('purchase.recorded.v1', PURCHASES_TO_TIERS)
  recorded(@Payload() events: readonly StoredEvent[]): (Work<TiersInput> | null)[] {
    return events.map(workOf);
  }

  @EventPattern('purchase.returned.v1', PURCHASES_TO_TIERS)
  returned(@Payload() events: readonly StoredEvent[]): (Work<TiersInput> | null)[] {
    return events.map(workOf);
  }

  @EventPattern('purchase.amended.v1', PURCHASES_TO_TIERS)
  amended(@Payload() events: readonly StoredEvent[]): (Work<TiersInput> | null)[] {
    return events.map(workOf);
  }

  @EventPattern('purchase.voided.v1', PURCHASES_TO_TIERS)
  voided(@Payload() events: readonly StoredEvent[]): (Work<TiersInput> | null)[] {
    return events.map(workOf);
  }
}
