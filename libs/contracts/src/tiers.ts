import { z } from 'zod';
import { reactionEvents } from './reactions.ts';
import { lineKind } from './purchase-document.ts';
import { decimal, documentRef, inactivity, instant, opaqueId, points } from './scalars.ts';

/**
 * The tier steps that are certain from the first step's instant on if nothing else happens, downgrades to come included.
 * An event with a course replaces every step of that (member, program) from the first step's instant on. The tier is null
 * from an instant on where the member has none (yet): a void took away the first fact, or no version is in force.
 */
export const tierCourse = z.array(z.object({ tier: z.string().nullable(), from: instant })).min(1);

export const programPublished = z.object({
  program: opaqueId,
  effectiveFrom: instant,
  /** SHA-256 of the document text: the version's name. */
  version: z.string(),
  /** The program file, exactly as published. */
  document: z.string(),
});

const lineRule = { line: z.int(), rule: z.string() };

/** What a purchase earns under the version in force at its own time, and why. Absolute, never a difference. */
export const purchaseRating = z.object({
  purchase: documentRef,
  at: instant,
  program: opaqueId,
  /** The version that rated it; null where none was in force. */
  version: z.string().nullable(),
  /** The tier it was rated at; null where no version was in force. */
  tier: z.string().nullable(),
  points,
  /** Points by (line, rule), only cells that are not 0. Their sum is `points`. */
  cells: z.array(z.object({ ...lineRule, points })),
  /** What qualifies for tiers, in the program's currency. */
  eligible: decimal,
  activeFrom: instant,
  /** From this instant on the points are gone; null = never, or by inactivity. */
  expiresAt: instant.nullable(),
  /** The points are gone so long after the member's last activity. */
  inactivity: inactivity.optional(),
  shortfall: z.enum(['owe', 'otherLots', 'waive']),
  /** Why it earns nothing: `no_version_in_force`, `currency_not_covered`, `too_many_points` (more than 2^53 - 1), `voided`, `other_program`. */
  reason: z.string().optional(),
  /** The rules that gave nothing, with the first condition that failed. */
  notFired: z.array(z.object({ rule: z.string(), because: z.string() })).optional(),
  /** What the document said, as far as a rating can depend on it: with it the rating can be run again from this log alone. */
  currency: z.string(),
  /** The program that the document names; absent = the default of its source. */
  named: opaqueId.optional(),
  discount: decimal.optional(),
  /** Only tenders that a program may not let earn: `giftCard`, `points`. */
  tenders: z.array(z.object({ type: z.string(), amount: decimal })).optional(),
  /** Bought lines with what of their amount was eligible; `kind` is left out for goods. */
  lines: z.array(
    z.object({
      line: z.int(),
      kind: lineKind.optional(),
      quantity: decimal,
      amount: decimal,
      tax: decimal.optional(),
      eligible: decimal,
    }),
  ),
});

/** What a return takes back, by purchase. Absolute. */
export const returnRating = z.object({
  return: documentRef,
  at: instant,
  program: opaqueId,
  /** The program that the document names; absent = the default of its source. */
  named: opaqueId.optional(),
  /** Its document sold something as well: the return part counts directly before that. */
  mixed: z.boolean().optional(),
  /** One entry a purchase touched; `points` >= 0 taken back, `eligible` no longer qualifying. */
  reversals: z.array(
    z.object({ purchase: documentRef, points, eligible: decimal, lines: z.array(z.object({ line: z.int(), points })) }),
  ),
  /** The matching it was rated on. */
  matches: z.array(documentRef.extend({ line: z.int(), quantity: decimal })),
});

export const purchaseRated = purchaseRating.extend({ course: tierCourse.optional() });
export const returnRated = returnRating.extend({ course: tierCourse.optional() });

const cause = z.object({
  kind: z.enum(['purchase', 'return', 'void', 'amended', 'program', 'opening']),
  source: opaqueId.optional(),
  id: opaqueId.optional(),
});

/** A late fact changed a rating. Carries the new rating whole, of a purchase or of a return. */
export const ratingCorrected = z.object({
  cause,
  previousPoints: points,
  purchase: purchaseRating.optional(),
  return: returnRating.optional(),
  course: tierCourse.optional(),
});

export const tierChanged = z.object({
  program: opaqueId,
  at: instant,
  from: z.string().nullable(),
  /** Null where the member is in the program no more: what had brought the member there counts elsewhere now, or never was. */
  to: z.string().nullable(),
  reason: z.enum(['qualified', 'ended', 'returned', 'corrected', 'program', 'opening']),
  course: tierCourse.optional(),
});

/** A tier brought along from an earlier system. */
export const tierOpened = z.object({
  program: opaqueId,
  tier: z.string(),
  since: instant,
  keepUntil: instant,
  reference: opaqueId,
  course: tierCourse.optional(),
});

export type TierCourse = z.infer<typeof tierCourse>;
export type ProgramPublished = z.infer<typeof programPublished>;
export type PurchaseRating = z.infer<typeof purchaseRating>;
export type ReturnRating = z.infer<typeof returnRating>;
export type PurchaseRated = z.infer<typeof purchaseRated>;
export type ReturnRated = z.infer<typeof returnRated>;
export type RatingCorrected = z.infer<typeof ratingCorrected>;
export type TierChanged = z.infer<typeof tierChanged>;
export type TierOpened = z.infer<typeof tierOpened>;

export const tiersEvents = {
  'program.published.v1': { schema: programPublished },
  'purchase.rated.v1': { schema: purchaseRated },
  'return.rated.v1': { schema: returnRated },
  'rating.corrected.v1': { schema: ratingCorrected },
  'tier.changed.v1': { schema: tierChanged },
  'tier.opened.v1': { schema: tierOpened },
  ...reactionEvents,
} as const;
