import { z } from 'zod';
import { decimal, instant, opaqueId, points } from './scalars.ts';

/**
 * Where points stand. `held` is pending, active or expired by the lot's own dates, so no job has to move it in time.
 * issued and received are credit buckets: points come in as a negative posting; owed is negative while something is owed.
 */
export const bucket = z.enum([
  'issued',
  'received',
  'held',
  'reserved',
  'spent',
  'expired',
  'reversed',
  'sent',
  'owed',
]);

export const posting = z.object({ lot: z.string(), bucket, points });

/** The postings of one event sum to zero, for each lot by itself. */
export const postings = z.array(posting).min(2);

/** What every event that moves points of a member says. */
export const head = { program: opaqueId, at: instant, postings };

/** Points by lot, in the order in which they burn. */
export const allocations = z.array(z.object({ lot: z.string(), points }));

/** Of points that pay money off a purchase: what they are worth (at `pointValue` each, rounded down to the currency's units), and the total of the purchase, in the program's currency. */
export const money = {
  money: z.object({ amount: decimal, currency: z.string(), pointValue: decimal }).optional(),
  purchaseTotal: decimal.optional(),
};

export type Bucket = z.infer<typeof bucket>;
export type Posting = z.infer<typeof postings>[number];
