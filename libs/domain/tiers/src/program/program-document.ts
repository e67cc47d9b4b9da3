import { isCurrency } from '@loyalty/kernel';
import { z } from 'zod';
import { expiry } from './expiry-document.ts';
import { decimal, identifier, instant, names, period, positive, zone } from './program-scalars.ts';
import { adjustments, redemption, rewards } from './spending-document.ts';

const tier = z.strictObject({
  id: identifier,
  name: names,
  from: decimal,
  benefits: z.array(z.string().min(1).max(100)).default([]),
});

const award = z.union([
  z.strictObject({ points: positive, per: positive, wholeUnits: z.boolean().default(false) }),
  z.strictObject({ multiply: identifier, by: z.union([decimal, z.record(identifier, decimal)]) }),
]);

/**
 * The program language as far as this engine speaks it. Decimals may be written as numbers or as text; periods are ISO 8601.
 * What the language has but this engine does not do yet stands in `unsupported.ts` and is refused by name.
 */
export const programDocument = z.strictObject({
  /** The program's name: all its versions have the same. */
  program: identifier,
  /** From when it is in force. May lie in the past: what that changes is corrected. */
  effectiveFrom: instant,
  /** IANA name; months, days and ends of months are those of this zone. */
  timeZone: zone,
  /** ISO 4217. A purchase in another currency earns nothing, with the reason. */
  currency: z.string().refine(isCurrency, 'must be an ISO 4217 code such as CNY'),
  /** Sources whose purchases belong to this program unless they name another. */
  sources: z.array(z.string().min(1).max(200)).default([]),
  /** What of a purchase earns and qualifies, alike. Goods and fees always do. */
  eligible: z
    .strictObject({
      /** Whether the tax contained in a line counts. */
      tax: z.enum(['included', 'excluded']).default('included'),
      delivery: z.boolean().default(false),
      giftCardsBought: z.boolean().default(false),
      /** Whether the part paid with a gift card counts; `paidWithPoints` likewise. */
      paidWithGiftCard: z.boolean().default(true),
      paidWithPoints: z.boolean().default(false),
    })
    .prefault({}),
  points: z.strictObject({
    name: names.default({ en: 'points' }),
    /** The purchase's total is rounded once. */
    rounding: z.literal('down', 'must be down').default('down'),
    /** From the purchase's own time until its points can be spent. */
    pending: period.prefault('P0D'),
    /** When points are gone; on the calendar of `timeZone`. */
    expiry: expiry.default('never'),
    /** When a return asks back what was spent: the member owes it, it comes from other lots, or it is forgotten. */
    shortfall: z.enum(['owe', 'otherLots', 'waive']).default('owe'),
    /** What one point is worth in money when redeemed. */
    value: decimal.default('0'),
  }),
  tiers: z.strictObject({
    qualifyBy: z.literal('spend').default('spend'),
    /** What counts at t is spent in (t - window, t]. */
    window: z.strictObject({ rolling: period }),
    /** A tier reached is held at least this long. */
    keepFor: period,
    /** To the next lower tier, or to what the window gives. */
    downgrade: z.enum(['oneStep', 'toQualified']).default('oneStep'),
    /** How long a tier is still held after it is no longer earned. */
    grace: period.prefault('P0D'),
    /** Ascending by `from`; the first is from 0. */
    ladder: z.array(tier).min(1),
  }),
  /** Each line of a purchase earns by every rule. */
  earning: z.array(z.strictObject({ id: identifier, award })).min(1),
  returns: z.strictObject({ unmatched: z.literal('ignore') }).default({ unmatched: 'ignore' }),
  redemption,
  adjustments,
  rewards,
});

export type ProgramDocument = z.output<typeof programDocument>;
