import type { EpochMicros } from '@loyalty/kernel';
import pg from 'pg';

const INT8 = 20;
const DATE = 1082;
const TIMESTAMPTZ = 1184;
const INT8_ARRAY = 1016;
const TEXT_ARRAY = 1009;

/**
 * How columns arrive in JavaScript, for every connection of the pool:
 * - `bigint` (and `count(*)`): a number; beyond 2^53-1 the query fails rather than round;
 * - `timestamptz`: PostgreSQL's own text (`2026-01-25 02:00:00.000123+00`), because a Date would cut the microseconds. It may be
 *   sent back as a parameter as it is; `parseTimestamptz` gives EpochMicros. TypeORM makes Dates of it for `Date` columns;
 * - `date`: `YYYY-MM-DD`, because a Date would move it into the machine's time zone;
 * - `numeric`: text, as in pg itself.
 */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format !== 'binary') {
      if (oid === INT8) return safeInteger;
      if (oid === INT8_ARRAY) return safeIntegers;
      if (oid === TIMESTAMPTZ || oid === DATE) return asIs;
    }
    return pg.types.getTypeParser(oid, format);
  },
};

function asIs(text: string): string {
  return text;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond 2^53-1`);
  return value;
}

function safeIntegers(text: string): (number | null)[] {
  const texts = pg.types.getTypeParser(TEXT_ARRAY as never, 'text')(text) as (string | null)[];
  return texts.map((each) => (each === null ? null : safeInteger(each)));
}

/**
 * Microseconds of a `timestamptz` as PostgreSQL writes it in a UTC session (the pool's connections are).
 * Throws RangeError for another form; `infinity` and `-infinity` are numbers too.
 */
export function parseTimestamptz(text: string): EpochMicros {
  // The digits by hand: Date.parse knows no microseconds and costs three times as much.
  const plain = text.length >= 22 && text.charCodeAt(4) === 45 && text.endsWith('+00');
  if (!plain) {
    if (text === 'infinity') return Infinity;
    if (text === '-infinity') return -Infinity;
    throw new RangeError(`not a timestamptz of a UTC session: ${text}`);
  }
  const ms = Date.UTC(
    digits(text, 0, 4),
    digits(text, 5, 7) - 1,
    digits(text, 8, 10),
    digits(text, 11, 13),
    digits(text, 14, 16),
    digits(text, 17, 19),
  );
  let micros = 0;
  const end = text.length - 3;
  if (text.charCodeAt(19) === 46) {
    micros = digits(text, 20, end);
    for (let places = end - 20; places < 6; places++) micros *= 10;
  }
  return ms * 1000 + micros;
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + text.charCodeAt(i) - 48;
  return value;
}
