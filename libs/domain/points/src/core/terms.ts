import type { TermsLearned } from '@loyalty/contracts';
import { addPeriod, type CalendarUnit, endOf, type EpochMs, parsePeriod, timeZone } from '@loyalty/kernel';
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

/** When points given at `at` expire by the program; null = never, undefined = the program cannot say by itself. */
export function expiryBy(terms: TermsLearned | undefined, at: EpochMs): EpochMs | null | undefined {
  if (terms?.expiry === undefined) return undefined;
  if (terms.expiry === null) return null;
  const { after, alignTo } = terms.expiry;
  const period = parsePeriod(after);
  if (!period) return undefined;
  const zone = timeZone(terms.timeZone);
  const end = addPeriod(zone, at, period);
  if (alignTo === undefined) return end;
  const unit = ALIGNMENTS[alignTo];
  return unit === undefined ? undefined : endOf(zone, end, unit);
}
