import { z } from 'zod';
import { allocations, head, money } from './postings.ts';
import { instant, opaqueId, points } from './scalars.ts';

/** Points were set aside for a basket: nobody else can spend them until `until`, and they do not expire meanwhile. */
export const pointsReserved = z.object({
  ...head,
  reservation: z.string(),
  points,
  allocations,
  /** From this instant on the points are free again, without any entry. */
  until: instant,
  reference: z.string().optional(),
  /** Set aside for a reward: which, and the number of the piece that is held with them. */
  reward: opaqueId.optional(),
  piece: z.int().optional(),
  ...money,
});

/** A reservation was spent, all or part; the redemption bears its name. The rest went back to its lots. */
export const pointsCaptured = z.object({
  ...head,
  reservation: z.string(),
  /** What was spent, may be less than was reserved. */
  points,
  allocations,
  keptUntil: instant.optional(),
  /** What went back; where its lot had expired, it is gone with it. */
  released: allocations,
  reference: z.string().optional(),
  /** What was reserved, the number of its piece, and its single-use code. */
  reward: opaqueId.optional(),
  piece: z.int().optional(),
  code: z.string().optional(),
  money: money.money,
});

/** A reservation was given up: everything went back to its lots. */
export const pointsVoided = z.object({ ...head, reservation: z.string(), points, released: allocations });

/** A reservation ended by itself, at `at`. Only says what was true already. */
export const pointsReleased = z.object({ ...head, reservation: z.string(), points, released: allocations });

/** A redemption was undone, whole or in part: points went back to their lots, those that burned last first. */
export const pointsUndone = z.object({
  ...head,
  redemption: z.string(),
  /** Names this undo for ever. */
  undo: z.string(),
  points,
  allocations,
  /** The part of `allocations` that goes on in lots of its own, for its own had expired; they are received next. */
  revived: allocations.optional(),
  reference: z.string().optional(),
  /** Of a reward, and the number of its piece; nothing of it is left once `whole`. */
  reward: opaqueId.optional(),
  piece: z.int().optional(),
  whole: z.literal(true).optional(),
});

/** Who earned points that changed hands, and of which lot they were. */
const earned = z.object({ member: opaqueId, lot: z.string() });

/** Points left for another member. They are under way until that member's own entries say received. */
export const pointsSent = z.object({
  ...head,
  transfer: z.string(),
  to: opaqueId,
  points,
  /** Each goes on in a lot of its own with the same expiry; `earned` where they had changed hands before. */
  lots: z.array(z.object({ lot: z.string(), points, expiresAt: instant.nullable(), earned: earned.optional() })).min(1),
  reference: z.string().optional(),
});

/** Points came from another lot, of another member or (an undone redemption) of the same: a lot that keeps their expiry. */
export const pointsReceived = z.object({
  ...head,
  lot: z.string(),
  points,
  activeFrom: instant,
  expiresAt: instant.nullable(),
  /** The transfer or the undo behind it. */
  transfer: z.string(),
  /** The lot they came from, and of whom; without a member it is the receiver's own. */
  from: z.object({ member: opaqueId.optional(), lot: z.string() }),
  /** Who earned them. Left out where they never left that member. */
  earned: earned.optional(),
  reference: z.string().optional(),
});

export type PointsReserved = z.infer<typeof pointsReserved>;
export type PointsCaptured = z.infer<typeof pointsCaptured>;
export type PointsVoided = z.infer<typeof pointsVoided>;
export type PointsReleased = z.infer<typeof pointsReleased>;
export type PointsUndone = z.infer<typeof pointsUndone>;
export type PointsSent = z.infer<typeof pointsSent>;
export type PointsReceived = z.infer<typeof pointsReceived>;
/** Who earned points that changed hands, and of which lot they were. */
export type EarnedBy = z.infer<typeof earned>;

/** Events of points set aside, given back and handed on. */
export const spendingEvents = {
  'points.reserved.v1': { schema: pointsReserved },
  'points.captured.v1': { schema: pointsCaptured },
  'points.voided.v1': { schema: pointsVoided },
  'points.released.v1': { schema: pointsReleased },
  'points.undone.v1': { schema: pointsUndone },
  'points.sent.v1': { schema: pointsSent },
  'points.received.v1': { schema: pointsReceived },
} as const;
