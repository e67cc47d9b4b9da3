import { parseInstant, parsePeriod, timeZone } from '@loyalty/kernel';
import { z } from 'zod';

export const identifier = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'must be letters, digits, dots and dashes, at most 64')
  .describe('an id');

export const decimal = z
  .union([z.string(), z.number()], 'must be a decimal number')
  .transform((value) => String(value))
  .refine(
    (text) => /^\d{1,12}(\.\d{1,6})?$/.test(text),
    'must be a decimal number, not negative, with at most 6 places',
  );

export const positive = decimal.refine((text) => /[1-9]/.test(text), 'must be above 0');

export const period = z.string('must be an ISO 8601 period such as P12M, P30D, P0D').transform((text, context) => {
  const found = parsePeriod(text);
  if (!found) context.addIssue({ code: 'custom', message: `${text} is no ISO 8601 period such as P12M, P30D, P0D` });
  return found ?? z.NEVER;
});

/** What a log can hold as the time of an event: microseconds leave the safe integers in 2255. */
const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

export const instant = z
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

export const zone = z.string().transform((id, context) => {
  try {
    return timeZone(id);
  } catch {
    context.addIssue({ code: 'custom', message: `${id} is no time zone of the IANA database, such as Asia/Shanghai` });
    return z.NEVER;
  }
});

export const names = z.record(
  z.string().min(2).max(20),
  z.string().min(1).max(100),
  'must give a name by language, such as { en: points }',
);
