import { type EpochMs, parseInstant, type TimeZone } from '@loyalty/kernel';
import { BadInputError } from '@loyalty/service';

/** Booked at or after `from` and before `to`. */
export interface StatementPeriod {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** A page for a printer, not an archive: that is what exports are for. */
const MOST_YEARS = 10;

/**
 * The period asked for. Days are days of the program's calendar, both included; what lies ahead of `now` is cut off.
 * @throws {BadInputError} for what is no day or instant, a period that ends before it begins, or one of more than ten years
 */
export function statementPeriod(
  asked: { readonly from?: string | undefined; readonly to?: string | undefined },
  zone: TimeZone,
  now: EpochMs,
): StatementPeriod {
  const to = Math.min(asked.to === undefined ? now : instantOf('to', asked.to, zone, 1), now);
  const from = asked.from === undefined ? to - YEAR_MS : instantOf('from', asked.from, zone, 0);
  if (from >= to) throw wrong('from', 'must be before `to` and before now');
  // A leap day every four years, and one more.
  if (to - from > MOST_YEARS * YEAR_MS + 3 * DAY_MS) {
    throw wrong('from', `a statement covers ${MOST_YEARS} years at most: ask for several, or export the ledger`);
  }
  return { from, to };
}

/** @param days added to a day: the first instant after the last one is the end of a period */
function instantOf(name: 'from' | 'to', text: string, zone: TimeZone, days: 0 | 1): EpochMs {
  const instant = DAY.test(text) ? parseInstant(`${text}T00:00:00Z`) : parseInstant(text);
  if (instant === undefined) throw wrong(name, 'must be a day like 2026-01-31, or an instant with its offset');
  return DAY.test(text) ? zone.instantOf(instant + days * DAY_MS) : instant;
}

function wrong(name: 'from' | 'to', message: string): BadInputError {
  return new BadInputError([{ pointer: `/${name}`, in: 'query', message }]);
}
