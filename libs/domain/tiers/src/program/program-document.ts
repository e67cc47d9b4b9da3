import { isCurrency, parseInstant, parsePeriod, timeZone, type CalendarUnit } from '@loyalty/kernel';
import { z } from 'zod';

/**
 * The program language as far as this engine speaks it. Decimals may be written as numbers or as text; periods are ISO 8601.
 * What the language has but this engine does not do yet stands in `unsupported.ts` and is refused by name.
 */
const identifier = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'must be letters, digits, dots and dashes, at most 64')
  .describe('an id');

const decimal = z
  .union([z.string(), z.number()], 'must be a decimal number')
  .transform((value) => String(value))
  .refine(
    (text) => /^\d{1,12}(\.\d{1,6})?$/.test(text),
    'must be a decimal number, not negative, with at most 6 places',
  );

const positive = decimal.refine((text) => /[1-9]/.test(text), 'must be above 0');

const period = z.string('must be an ISO 8601 period such as P12M, P30D, P0D').transform((text, context) => {
  const found = parsePeriod(text);
  if (!found) context.addIssue({ code: 'custom', message: `${text} is no ISO 8601 period such as P12M, P30D, P0D` });
  return found ?? z.NEVER;
});

/** What a log can hold as the time of an event: microseconds leave the safe integers in 2255. */
const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

const instant = z
  .string('must be a date-time with its offset, such as 2026-01-01T00:00:00+08:00')
  .transform((text, context) => {
    const found = parseInstant(text);
    if (found === undefined) {
      context.addIssue({
        code: 'custom',
        message: `${text} is no date-time with its offset, such as 2026-01-01T00:00:00+08:00`,
      });
    }
    if (found !== undefined && (found < EARLIEST || found >= LATEST)) {
      context.addIssue({ code: 'custom', message: `${text} lies outside the years 1900 to 2199` });
    }
    return found ?? z.NEVER;
  });

const zone = z.string().transform((id, context) => {
  try {
    return timeZone(id);
  } catch {
    context.addIssue({ code: 'custom', message: `${id} is no time zone of the IANA database, such as Asia/Shanghai` });
    return z.NEVER;
  }
});

const names = z.record(
  z.string().min(2).max(20),
  z.string().min(1).max(100),
  'must give a name by language, such as { en: points }',
);

const alignTo = z
  .enum(['endOfMonth', 'endOfQuarter', 'endOfYear'])
  .transform((end) => ({ endOfMonth: 'month', endOfQuarter: 'quarter', endOfYear: 'year' })[end] as CalendarUnit);

const expiry = z.union([
  z.literal('never'),
  z.strictObject({ after: period, alignTo: alignTo.nullable().default(null) }),
]);

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
    /** Counted from the purchase's own time. */
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
});

export type ProgramDocument = z.output<typeof programDocument>;
