import { type CalendarUnit, parseYearDay } from '@loyalty/kernel';
import { z } from 'zod';
import { period } from './program-scalars.ts';

const alignTo = z
  .enum(['endOfMonth', 'endOfQuarter', 'endOfYear'])
  .transform((end) => ({ endOfMonth: 'month', endOfQuarter: 'quarter', endOfYear: 'year' })[end] as CalendarUnit);

const yearDay = z.string('must be a month and a day such as 12-31').transform((text, context) => {
  const found = parseYearDay(text);
  if (!found) context.addIssue({ code: 'custom', message: `${text} is no day of every year such as 12-31` });
  return found ?? z.NEVER;
});

/** A period that is handed on as it was written, too. */
const told = z.unknown().transform((text, context) => {
  const parsed = period.safeParse(text);
  if (parsed.success) return { text: text as string, period: parsed.data };
  context.addIssue({ code: 'custom', message: parsed.error.issues[0]?.message ?? 'is no period' });
  return z.NEVER;
});

const NONE = 'must be never, or have one of after, yearly and inactivity';

/** When points are gone: one of these, none of them combined. */
export const expiry = z.union([
  /** Counted from the purchase's own time, to the end of a month, quarter or year if so wanted. */
  z.strictObject({ after: period, alignTo: alignTo.nullable().default(null) }, NONE),
  /** At the end of the next such day, and `grace` later. */
  z.strictObject({ yearly: yearDay, grace: period.prefault('P0D') }),
  /** So long after the member's last purchase or redemption. */
  z.strictObject({ inactivity: told }),
  z.literal('never'),
]);
