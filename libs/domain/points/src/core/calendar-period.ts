import type { RewardTerms } from '@loyalty/contracts';
import { type EpochMs, formatInstant, type TimeZone } from '@loyalty/kernel';

export type LimitPeriod = NonNullable<RewardTerms['perMember']>['per'];

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday; weeks begin on Monday (ISO 8601). */
const THURSDAY = 3;

/** Names the day, week, month or year of the zone's calendar in which an instant lies: equal names, same period. */
export function calendarPeriod(zone: TimeZone, at: EpochMs, per: LimitPeriod): string {
  const wall = at + zone.offsetAt(at);
  const day = Math.floor(wall / DAY_MS);
  switch (per) {
    case 'day':
      return `d${day}`;
    case 'week':
      return `w${Math.floor((day + THURSDAY) / 7)}`;
    case 'month':
      return yearAndMonth(wall);
    case 'year':
      return yearAndMonth(wall).slice(0, -3);
    case 'ever':
      return 'ever';
  }
}

/** `2026-06`: what the wall clock shows, read as if it were UTC. */
function yearAndMonth(wall: number): string {
  return formatInstant(wall).slice(0, -17);
}
