import { addPeriod, endOf, endOfYearDay, type EpochMs, type TimeZone } from '@loyalty/kernel';
import type { Expiry, PointsTerms } from './program.ts';

/** From this instant on points bought at `at` are gone, if nothing happens until then that keeps them. */
export function expiryOf(zone: TimeZone, at: EpochMs, expiry: Expiry): EpochMs {
  if ('inactivity' in expiry) return addPeriod(zone, at, expiry.inactivity.period);
  if ('yearly' in expiry) return endOfYearDay(zone, at, expiry.yearly, expiry.grace);
  const end = addPeriod(zone, at, expiry.after);
  return expiry.alignTo === null ? end : endOf(zone, end, expiry.alignTo);
}

/** The terms of points bought at an instant. */
export interface Terms {
  readonly activeFrom: EpochMs;
  /** null = never, or by inactivity. */
  readonly expiresAt: EpochMs | null;
  /** The points are gone so long after the member's last purchase or redemption, which the points ledger knows. */
  readonly inactivity?: { readonly after: string; readonly timeZone: string };
}

/** When points bought at `at` become active, and when they are gone. */
export function termsOf(zone: TimeZone, at: EpochMs, { pending, expiry }: PointsTerms): Terms {
  const activeFrom = addPeriod(zone, at, pending);
  if (expiry === null) return { activeFrom, expiresAt: null };
  if (!('inactivity' in expiry)) return { activeFrom, expiresAt: expiryOf(zone, at, expiry) };
  return { activeFrom, expiresAt: null, inactivity: { after: expiry.inactivity.text, timeZone: zone.id } };
}
