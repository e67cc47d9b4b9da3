import type { TermsLearned } from '@loyalty/contracts';
import {
  addPeriod,
  type CalendarUnit,
  endOf,
  endOfYearDay,
  type EpochMs,
  parsePeriod,
  parseYearDay,
  timeZone,
} from '@loyalty/kernel';
import type { Inactivity } from './inactivity.ts';
import { instant } from './instant.ts';

const ALIGNMENTS: Readonly<Record<string, CalendarUnit>> = {
  endOfMonth: 'month',
  endOfQuarter: 'quarter',
  endOfYear: 'year',
};

/** The terms of the program's version in force at an instant; undefined where none is. */
export function termsAt(terms: readonly TermsLearned[], program: string, at: EpochMs): TermsLearned | undefined {
  let found: TermsLearned | undefined;
  for (const one of terms) {
    if (one.program !== program || instant(one.effectiveFrom) > at) continue;
    // Versions of one instant: the name decides, so that the order in which they were learned does not.
    if (!found || found.effectiveFrom < one.effectiveFrom) found = one;
    else if (found.effectiveFrom === one.effectiveFrom && found.version < one.version) found = one;
  }
  return found;
}

/** When points are gone. */
export interface Expiry {
  /** null = never, or by inactivity. */
  readonly expiresAt: EpochMs | null;
  readonly inactivity?: Inactivity;
}

/** When points given at `at` expire by the program; undefined where the program says nothing that this ledger knows. */
export function expiryBy(terms: TermsLearned | undefined, at: EpochMs): Expiry | undefined {
  if (terms?.expiry === undefined) return undefined;
  if (terms.expiry === null) return { expiresAt: null };
  const { timeZone: id, expiry } = terms;
  if ('inactivity' in expiry) {
    const known = parsePeriod(expiry.inactivity) !== undefined;
    return known ? { expiresAt: null, inactivity: { after: expiry.inactivity, timeZone: id } } : undefined;
  }
  const expiresAt = endBy(id, at, expiry);
  return expiresAt === undefined ? undefined : { expiresAt };
}

type Dated = Exclude<NonNullable<TermsLearned['expiry']>, { inactivity: string }>;

function endBy(id: string, at: EpochMs, expiry: Dated): EpochMs | undefined {
  const zone = timeZone(id);
  if ('yearly' in expiry) {
    const [day, grace] = [parseYearDay(expiry.yearly), parsePeriod(expiry.grace)];
    return day && grace && endOfYearDay(zone, at, day, grace);
  }
  const period = parsePeriod(expiry.after);
  if (!period) return undefined;
  const end = addPeriod(zone, at, period);
  if (expiry.alignTo === undefined) return end;
  const unit = ALIGNMENTS[expiry.alignTo];
  return unit === undefined ? undefined : endOf(zone, end, unit);
}

/** Whether points of the program expire, or ever expired, by inactivity: then purchases worth nothing count, too. */
export function knowsInactivity(terms: readonly TermsLearned[], program: string): boolean {
  return terms.some((one) => one.program === program && one.expiry != null && 'inactivity' in one.expiry);
}
