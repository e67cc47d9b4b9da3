import { addPeriod, endOf, type EpochMs, type TimeZone } from '@loyalty/kernel';
import type { Expiry, PointsTerms } from './program.ts';

/** From this instant on points bought at `at` are gone. */
export function expiryOf(zone: TimeZone, at: EpochMs, { after, alignTo }: Expiry): EpochMs {
  const end = addPeriod(zone, at, after);
  return alignTo === null ? end : endOf(zone, end, alignTo);
}

/** When points bought at `at` become active, and from when on they are gone (null = never). */
export function termsOf(
  zone: TimeZone,
  at: EpochMs,
  { pending, expiry }: PointsTerms,
): { activeFrom: EpochMs; expiresAt: EpochMs | null } {
  return { activeFrom: addPeriod(zone, at, pending), expiresAt: expiry && expiryOf(zone, at, expiry) };
}
