import { parseInstant } from '@loyalty/kernel';
import { z } from 'zod';
import { decimal, identifier, names, period } from './program-scalars.ts';

/**
 * What a program says of spending. The tier engine checks it, line by line, and hands it on with the file; the points ledger
 * lives by it.
 */
const wholePoints = z.int('must be whole points').min(1, 'must be at least 1 point');

const share = decimal.refine((text) => Number(text) > 0 && Number(text) <= 1, 'must be above 0 and at most 1');

const lasting = period.refine(({ months, days, ms }) => months + days + ms > 0, 'must be longer than nothing');

/** A day of the program's calendar, both ends included, or an instant. */
const moment = z
  .string('must be a day such as 2026-06-01, or a date-time with its offset')
  .refine(
    (text) => parseInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text) !== undefined,
    'must be a day such as 2026-06-01, or a date-time with its offset such as 2026-06-01T09:00:00+08:00',
  );

export const redemption = z
  .strictObject({
    /** Fewest points that one redemption for money, or a reservation, takes. */
    minimum: wholePoints.optional(),
    /** The most of a purchase that may be paid with points: 0.5 = half. Redemptions must then say `purchaseTotal`. */
    maxShareOfPurchase: share.optional(),
    /** How long a reservation lasts that says nothing else. */
    reservationTtl: lasting.optional(),
    /** How long points live on that an undone redemption gives back to a lot already expired; left out: they expire at once. */
    undoExpired: lasting.optional(),
  })
  .prefault({});

export const adjustments = z
  .strictObject({
    /** An adjustment of more points than this, given or taken, needs a second person's approval. */
    approvalAbove: z.int('must be whole points').min(0, 'must not be negative').optional(),
    /** How long a request for approval stays open. 30 days if left out. */
    approvalWithin: lasting.optional(),
  })
  .prefault({});

const reward = z.strictObject({
  id: identifier,
  name: names,
  /** What one piece costs. */
  points: wholePoints,
  /** Pieces in all, ever, over all versions; left out: no end of them. */
  stock: z.int('must be a whole number of pieces').min(0, 'must not be negative').optional(),
  /** Each piece is a single-use code from those uploaded for it. */
  codes: z.literal('pool', 'must be pool').optional(),
  /** So many for one member in a calendar day, week (from Monday), month, year, or ever. */
  perMember: z
    .strictObject({
      count: z.int('must be a whole number').min(1, 'must be at least 1'),
      per: z.enum(['day', 'week', 'month', 'year', 'ever']),
    })
    .optional(),
  /** Only members who hold one of these tiers. */
  tiers: z.array(identifier).min(1, 'must name a tier; leave it out where every member may have it').optional(),
  /** To be had from here on. */
  from: moment.optional(),
  /** To be had until here, a day included. */
  until: moment.optional(),
  /** What becomes of the piece when a redemption is undone whole: back in stock, or gone. A code is never issued again. */
  undone: z.enum(['back', 'gone']).default('back'),
});

export const rewards = z.array(reward).default([]);
