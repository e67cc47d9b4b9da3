import { purchasesEvents } from '@loyalty/contracts';
import { createWriter, type Writer, type WriterOptions } from '@loyalty/event-store';
import type { Pool } from 'pg';
import type { PurchasesAnswer } from './core/decision.ts';
import type { PurchasesInput } from './core/input.ts';
import type { PurchasesState } from './core/state.ts';
import { purchasesDecider } from './purchases-decider.ts';
import { SCHEMA } from './purchases-schema.ts';

export type PurchasesWriter = Writer<PurchasesInput, PurchasesAnswer, null>;
export type PurchasesWriterOptions = Omit<
  WriterOptions<PurchasesState, PurchasesInput, PurchasesAnswer, null>,
  'pool' | 'schema' | 'service' | 'decider' | 'contracts'
>;

/** Writes the log of purchases. Whoever made it closes it. */
export function createPurchasesWriter(pool: Pool, options: PurchasesWriterOptions = {}): PurchasesWriter {
  return createWriter({
    ...options,
    pool,
    schema: SCHEMA,
    service: SCHEMA,
    decider: purchasesDecider,
    contracts: purchasesEvents,
  });
}
