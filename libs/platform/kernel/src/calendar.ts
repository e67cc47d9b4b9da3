import type { EpochMs } from './time.ts';
import type { TimeZone } from './time-zone.ts';

/** An ISO 8601 duration as calendars read it: months and days keep the wall clock, the rest is exact. */
export interface Period {
  readonly months: number;
  readonly days: number;
  readonly ms: number;
}

export type CalendarUnit = 'month' | 'quarter' | 'year';

const ISO =
  /^P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/;
const DAY_MS = 86_400_000;
const NO_PERIOD: Period = { months: 0, days: 0, ms: 0 };

/** `P12M`, `P14D`, `P1Y6M`, `PT30M`, `P0D`. Anything else, fractions and signs included, gives `undefined`. */
export function parsePeriod(text: string): Period | undefined {
  const found = ISO.exec(text);
  if (!found || text.endsWith('P') || text.endsWith('T')) return undefined;
  const [years, months, weeks, days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { months: years * 12 + months, days: weeks * 7 + days, ms: ((hours * 60 + minutes) * 60 + seconds) * 1000 };
}

/**
 * `at` + period on the zone's calendar: the wall clock is kept, a day that the month lacks becomes its last one,
 * in a gap the first instant after it, in an overlap the earlier one. Hours and below are exact.
 */
export function addPeriod(zone: TimeZone, at: EpochMs, period: Period): EpochMs {
  return shifted(zone, at, period, false);
}

/**
 * The first instant t whose window (t - period, t] no longer holds `at`. Where the month lacks the day, that is the start of
 * the month after: 29 Feb 2024 is within 12 months on all of 28 Feb 2025. Never runs backwards as `at` grows.
 */
export function leavesWindow(zone: TimeZone, at: EpochMs, period: Period): EpochMs {
  return shifted(zone, at, period, true);
}

/** The first instant of the next month, quarter or year of the zone's calendar. */
export function endOf(zone: TimeZone, at: EpochMs, unit: CalendarUnit): EpochMs {
  const { year, month } = civil(Math.floor((at + zone.offsetAt(at)) / DAY_MS));
  const next = unit === 'month' ? month + 1 : unit === 'quarter' ? month - (month % 3) + 3 : 12;
  return zone.instantOf(dayNumber(year, next, 1) * DAY_MS);
}

/** A day of every year, by its month (1 to 12) and day. */
export interface YearDay {
  readonly month: number;
  readonly day: number;
}

/** `12-31`. Undefined where not every year has such a day, 29 February included. */
export function parseYearDay(text: string): YearDay | undefined {
  const [month, day] = (/^(\d{2})-(\d{2})$/.exec(text) ?? []).slice(1).map(Number) as [number?, number?];
  if (month === undefined || day === undefined || month < 1 || month > 12) return undefined;
  const days = dayNumber(2026, month, 1) - dayNumber(2026, month - 1, 1);
  return day >= 1 && day <= days ? { month, day } : undefined;
}

/** The first instant after the next such day, today included, and the grace after it, on the zone's calendar. */
export function endOfYearDay(zone: TimeZone, at: EpochMs, { month, day }: YearDay, grace = NO_PERIOD): EpochMs {
  const today = Math.floor((at + zone.offsetAt(at)) / DAY_MS);
  const { year } = civil(today);
  const last = dayNumber(year, month - 1, day);
  const midnight = ((last >= today ? last : dayNumber(year + 1, month - 1, day)) + 1) * DAY_MS;
  return zone.instantOf(wallAfter(midnight, grace, false)) + grace.ms;
}

function shifted(zone: TimeZone, at: EpochMs, period: Period, pastMonthEnd: boolean): EpochMs {
  const { months, days, ms } = period;
  if (months === 0 && days === 0) return at + ms;
  return zone.instantOf(wallAfter(at + zone.offsetAt(at), period, pastMonthEnd)) + ms;
}

/** What a wall clock shows the period's months and days later. */
function wallAfter(wall: number, { months, days }: Period, pastMonthEnd: boolean): number {
  if (months === 0) return wall + days * DAY_MS;
  const today = Math.floor(wall / DAY_MS);
  const clock = wall - today * DAY_MS;
  const { year, month, day } = civil(today);
  const last = dayNumber(year, month + months + 1, 1) - 1;
  const target = dayNumber(year, month + months, day);
  const shown = target <= last ? target * DAY_MS + clock : pastMonthEnd ? (last + 1) * DAY_MS : last * DAY_MS + clock;
  return shown + days * DAY_MS;
}

/** Days since 1970-01-01 of a date in the proleptic Gregorian calendar; months from 0, any integer. */
function dayNumber(year: number, month: number, day: number): number {
  const y = year + Math.floor(month / 12);
  const m = ((month % 12) + 12) % 12;
  // Years begin in March here, so that the leap day is a year's last (H. Hinnant, days_from_civil).
  const shiftedYear = m < 2 ? y - 1 : y;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (m < 2 ? m + 10 : m - 2) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The inverse of `dayNumber`; month from 0. */
function civil(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 2 : marchMonth - 10;
  return { year: yearOfEra + era * 400 + (month < 2 ? 1 : 0), month, day };
}
