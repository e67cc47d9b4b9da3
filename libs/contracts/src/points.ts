import { z } from 'zod';
import { accountEvents } from './accounts.ts';
import { approvalEvents } from './approvals.ts';
import { allocations, head, money, posting } from './postings.ts';
import { reactionEvents } from './reactions.ts';
import { rewardEvents, rewardTerms } from './rewards.ts';
import { decimal, inactivity, instant, opaqueId, points } from './scalars.ts';
import { spendingEvents } from './spending.ts';

const terms = {
  activeFrom: instant,
  /** Null = never, or by inactivity. */
  expiresAt: instant.nullable(),
  inactivity: inactivity.optional(),
};
/**
 * Of an entry that counts as the member's activity, where points of the wallet expire by inactivity: if nothing else happens they do
 * so by then.
 */
const keptUntil = instant.optional();
const cause = z.object({ source: opaqueId, id: opaqueId });
/** What happens to points that are taken back but were spent already. */
export const shortfallPolicy = z.enum(['owe', 'otherLots', 'waive']);
const rated = {
  version: z.string().nullable(),
  tier: z.string().nullable(),
  shortfall: shortfallPolicy,
};

/** A lot was opened by a purchase. Its id is `source/id` of that purchase. */
export const pointsEarned = z.object({
  ...head,
  ...terms,
  keptUntil,
  /** None where the purchase is worth nothing and only counts as the member's activity. */
  postings: z.array(posting),
  lot: z.string(),
  points,
  cause,
  ...rated,
  cells: z.array(z.object({ line: z.int(), rule: z.string(), points })),
});

/** The rating of the lot's purchase was corrected: `points` more (or less), and the rating as it is now. */
export const pointsCorrected = z.object({
  ...head,
  ...terms,
  keptUntil,
  /** None where only the terms changed. */
  postings: z.array(posting),
  lot: z.string(),
  points,
  cause,
  reason: z.string(),
  ...rated,
  /** Points the correction could not take back and, by the policy `waive`, nobody owes. */
  waived: points.optional(),
});

/**
 * A return (or its correction, then `points` may be negative) takes back what its purchase earned. Of 0 points: a return dated ahead of
 * the clock takes, of what it asked for before, what has come back to the lot by its own time; `shortfall` says so below 0.
 */
export const pointsReversed = z.object({
  ...head,
  /** None where everything is waived. */
  postings: z.array(posting),
  lot: z.string(),
  points,
  cause,
  /** The part of `points` that the lot no longer had: owed, taken from other lots or waived, by the lot's policy. */
  shortfall: points,
});

/** Points are gone by date. Below 0: a late activity, earlier than that, keeps them after all. */
export const pointsExpired = z.object({ ...head, lot: z.string(), points });

/** Points of a lot repay what the member owed: on becoming active, or at once by the policy `otherLots`. */
export const pointsRepaid = z.object({ ...head, lot: z.string(), points });

export const pointsRedeemed = z.object({
  ...head,
  redemption: z.string(),
  points,
  allocations,
  keptUntil,
  reference: z.string().optional(),
  ...money,
  /** The reward it was for, the number of its piece where pieces are counted, and the single-use code. */
  reward: opaqueId.optional(),
  piece: z.int().optional(),
  code: z.string().optional(),
});

export const pointsAdjusted = z.object({
  ...head,
  ...terms,
  lot: z.string(),
  /** Above 0 opens a lot; below 0 takes from the active lots. */
  points,
  reason: z.string(),
  reference: z.string().optional(),
  allocations: allocations.optional(),
  /** Who asked for it, and who approved where that was needed: names of API keys. */
  by: z.string().optional(),
  approvedBy: z.string().optional(),
  /** Of one that needed approval: the name it was asked under. */
  request: z.string().optional(),
});

/** A balance brought along from an earlier system. */
export const pointsOpened = z.object({
  ...head,
  ...terms,
  lot: z.string(),
  points,
  reference: opaqueId,
});

/** What the ledger needs of a program version to open lots by itself (adjustments). About no single member. */
export const termsLearned = z.object({
  program: opaqueId,
  version: z.string(),
  effectiveFrom: instant,
  timeZone: z.string(),
  /** As in the program file; `null` = never. */
  expiry: z
    .union([
      z.object({ after: z.string(), alignTo: z.string().optional() }),
      z.object({ yearly: z.string(), grace: z.string() }),
      z.object({ inactivity: z.string() }),
    ])
    .nullable()
    .optional(),
  /** Fewest points one redemption may take. */
  minimumRedemption: points.optional(),
  /** How long a reservation lasts that says nothing else, as an ISO 8601 duration. */
  reservationTtl: z.string().optional(),
  /** How long points live that an undone redemption gives back to a lot already expired; left out: they expire at once. */
  undoExpired: z.string().optional(),
  /** The program's own, in which a point is worth `pointValue`. */
  currency: z.string().optional(),
  pointValue: decimal.optional(),
  /** The most of a purchase that points may pay: 0.5 = half. */
  maxShareOfPurchase: decimal.optional(),
  /** Adjustments of more points than this need approval, within so long (an ISO 8601 duration). */
  approvalAbove: points.optional(),
  approvalWithin: z.string().optional(),
  rewards: z.array(rewardTerms).optional(),
});

export type PointsEarned = z.infer<typeof pointsEarned>;
export type PointsCorrected = z.infer<typeof pointsCorrected>;
export type PointsReversed = z.infer<typeof pointsReversed>;
export type PointsExpired = z.infer<typeof pointsExpired>;
export type PointsRepaid = z.infer<typeof pointsRepaid>;
export type PointsRedeemed = z.infer<typeof pointsRedeemed>;
export type PointsAdjusted = z.infer<typeof pointsAdjusted>;
export type PointsOpened = z.infer<typeof pointsOpened>;
export type ShortfallPolicy = z.infer<typeof shortfallPolicy>;
export type TermsLearned = z.infer<typeof termsLearned>;

export const pointsEvents = {
  'points.earned.v1': { schema: pointsEarned },
  'points.corrected.v1': { schema: pointsCorrected },
  'points.reversed.v1': { schema: pointsReversed },
  'points.expired.v1': { schema: pointsExpired },
  'points.repaid.v1': { schema: pointsRepaid },
  'points.redeemed.v1': { schema: pointsRedeemed },
  ...spendingEvents,
  'points.adjusted.v1': { schema: pointsAdjusted },
  'points.opened.v1': { schema: pointsOpened },
  'terms.learned.v1': { schema: termsLearned },
  ...rewardEvents,
  ...approvalEvents,
  ...accountEvents,
  ...reactionEvents,
} as const;
