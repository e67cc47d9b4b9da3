import { Controller, Inject, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Rethrow } from '@loyalty/event-log';
import type { Work } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';
import type { PointsInput } from './core/input.ts';
import { correctionOf, learn, rateOf, reverseOf, tierOf } from './reactions.ts';
import type { PointsWriter } from './points-writer.ts';
import { POINTS_WRITER, TIERS_TO_POINTS } from './tokens.ts';

type Reactions = readonly (Work<PointsInput> | null)[];

/** What the tier engine's events mean to the ledger. Translation only. */
@Controller()
@UseFilters(Rethrow)
export class PointsReactor {
  constructor(@Inject(POINTS_WRITER) private readonly writer: PointsWriter) {}

  @EventPattern('purchase.rated.v1', TIERS_TO_POINTS)
  purchaseRated(@Payload() events: readonly StoredEvent[]): Reactions {
    return events.map(rateOf);
  }

  @EventPattern('return.rated.v1', TIERS_TO_POINTS)
  returnRated(@Payload() events: readonly StoredEvent[]): Reactions {
    return events.map(reverseOf);
  }

  @EventPattern('rating.corrected.v1', TIERS_TO_POINTS)
  ratingCorrected(@Payload() events: readonly StoredEvent[]): Reactions {
    return events.map(correctionOf);
  }

  @EventPattern('tier.changed.v1', TIERS_TO_POINTS)
  tierChanged(@Payload() events: readonly StoredEvent[]): Reactions {
    return events.map(tierOf);
  }

  @EventPattern('tier.opened.v1', TIERS_TO_POINTS)
  tierOpened(@Payload() events: readonly StoredEvent[]): Reactions {
    return events.map(tierOf);
  }

  @EventPattern('program.published.v1', TIERS_TO_POINTS)
  programPublished(@Payload() events: readonly StoredEvent[]): Promise<Reactions> {
    return learn(this.writer, events);
  }
}
