import type { z } from 'zod';
import { feedbackEvents } from './feedback.ts';
import { pointsEvents } from './points.ts';
import { purchasesEvents } from './purchases.ts';
import { tiersEvents } from './tiers.ts';

export { eventExamples, purchaseDocumentExample } from './examples.ts';
export * from './accounts.ts';
export * from './approvals.ts';
export * from './feedback.ts';
export * from './points.ts';
export * from './postings.ts';
export * from './purchase-document.ts';
export * from './purchases.ts';
export * from './reactions.ts';
export * from './rewards.ts';
export * from './scalars.ts';
export * from './spending.ts';
export * from './tiers.ts';

/** How one event type is written. */
export interface EventContract {
  readonly schema: z.ZodType;
  /** Top-level text fields stored encrypted with the subject's own key. */
  readonly sealed?: readonly string[];
}

/** Every event of every service, by service and type. */
export const eventContracts = {
  purchases: purchasesEvents,
  tiers: tiersEvents,
  points: pointsEvents,
  feedback: feedbackEvents,
} as const satisfies Record<string, Record<string, EventContract>>;

export type ServiceName = keyof typeof eventContracts;
