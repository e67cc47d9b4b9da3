import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { addPeriod, endOf, endOfYearDay, leavesWindow, parsePeriod, parseYearDay, type Period } from './calendar.ts';
import { formatInstant, parseInstant } from './time.ts';
import { timeZone } from './time-zone.ts';

const shanghai = timeZone('Asia/Shanghai');
const london = timeZone('Europe/London');
const instant = (text: string): number => parseInstant(text) as number;
const period = (text: string): Period => parsePeriod(text) as Period;
const plus = (zone: typeof shanghai, at: string, text: string): string =>
  formatInstant(addPeriod(zone, instant(at), period(text)));

it('reads ISO periods and nothing else', () => {
  expect(period('P1Y2M3W4DT5H6M7S')).toEqual({ months: 14, days: 25, ms: 18_367_000 });
  expect(period('P0D')).toEqual({ months: 0, days: 0, ms: 0 });
  for (const wrong of ['', 'P', 'PT', 'P1DT', '12M', 'P-1D', 'P1.5D', 'P1H', 'p1d', 'P1D ']) {
    expect([wrong, parsePeriod(wrong)]).toEqual([wrong, undefined]);
  }
});

it('keeps the wall clock and clamps to the end of the month', () => {
  expect(plus(shanghai, '2026-01-31T10:00:00+08:00', 'P1M')).toBe('2026-02-28T02:00:00.000Z');
  expect(plus(london, '2026-03-20T12:00:00Z', 'P14D')).toBe('2026-04-03T11:00:00.000Z');
  expect(plus(london, '2026-03-20T12:00:00Z', 'PT336H')).toBe('2026-04-03T12:00:00.000Z');
});

it('takes the first valid instant in a gap and the earlier one in an overlap', () => {
  expect(plus(london, '2026-03-28T01:30:00Z', 'P1D')).toBe('2026-03-29T01:00:00.000Z');
  expect(plus(london, '2026-10-24T00:30:00Z', 'P1D')).toBe('2026-10-25T00:30:00.000Z');
});

it('ends a month, a quarter and a year at the first instant of the next', () => {
  const bought = addPeriod(shanghai, instant('2026-01-25T10:00:00+08:00'), period('P12M'));
  expect(formatInstant(endOf(shanghai, bought, 'month'))).toBe(formatInstant(instant('2027-02-01T00:00:00+08:00')));
  expect(formatInstant(endOf(shanghai, bought, 'quarter'))).toBe(formatInstant(instant('2027-04-01T00:00:00+08:00')));
  expect(formatInstant(endOf(shanghai, bought, 'year'))).toBe(formatInstant(instant('2028-01-01T00:00:00+08:00')));
});

it('ends a year of the program at the first instant after its last day', () => {
  const end = (zone: typeof shanghai, at: string, day: string): string =>
    formatInstant(endOfYearDay(zone, instant(at), parseYearDay(day)!));
  expect(end(shanghai, '2026-12-31T23:59:59+08:00', '12-31')).toBe('2026-12-31T16:00:00.000Z');
  expect(end(shanghai, '2027-01-01T00:00:00+08:00', '12-31')).toBe('2027-12-31T16:00:00.000Z');
  expect(end(london, '2026-07-01T00:00:00+01:00', '06-30')).toBe('2027-06-30T23:00:00.000Z');
  expect(end(london, '2026-01-01T00:00:00Z', '03-28')).toBe('2026-03-29T00:00:00.000Z');
});

it('reads days that every year has', () => {
  expect(parseYearDay('02-28')).toEqual({ month: 2, day: 28 });
  for (const wrong of ['02-29', '13-01', '00-10', '04-31', '1-1', '12-31 ', '12/31']) {
    expect([wrong, parseYearDay(wrong)]).toEqual([wrong, undefined]);
  }
});

it('keeps 29 February in a window of twelve months on all of 28 February', () => {
  const leap = instant('2024-02-29T10:00:00+08:00');
  expect(formatInstant(leavesWindow(shanghai, leap, period('P12M')))).toBe(
    formatInstant(instant('2025-03-01T00:00:00+08:00')),
  );
});

const zoneIds = [
  'Asia/Shanghai',
  'Europe/London',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'UTC',
];
const anyPeriod = fc.record({
  months: fc.integer({ min: 0, max: 60 }),
  days: fc.integer({ min: 0, max: 800 }),
  ms: fc.constant(0),
});
const anyInstant = fc.integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(2090, 0, 1) });

/** What the library says; in a gap it moves on by the gap's length where we stop at its end. */
function byLibrary(id: string, at: number, { months, days }: Period): number {
  const wall = Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(id)
    .toPlainDateTime()
    .add({ months, days });
  const found = wall.toZonedDateTime(id, { disambiguation: 'earlier' });
  if (found.toPlainDateTime().equals(wall)) return found.epochMilliseconds;
  return (found.getTimeZoneTransition('next') as Temporal.ZonedDateTime).epochMilliseconds;
}

it('agrees with the library at any time in any zone', () => {
  fc.assert(
    fc.property(fc.constantFrom(...zoneIds), anyInstant, anyPeriod, (id, at, length) => {
      const expected = length.months + length.days === 0 ? at : byLibrary(id, at, length);
      expect(addPeriod(timeZone(id), at, length)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

it('finds every transition of a zone, gaps included', () => {
  for (const id of zoneIds) {
    let next = Temporal.ZonedDateTime.from(`1980-01-01T00:00[${id}]`).getTimeZoneTransition('next');
    while (next && next.year < 2040) {
      const zone = timeZone(id);
      const at = next.epochMilliseconds;
      for (const moment of [at - 1, at, at + 1]) {
        const zoned = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(id);
        expect(zone.offsetAt(moment)).toBe(zoned.offsetNanoseconds / 1e6);
      }
      const jump = zone.offsetAt(at) - zone.offsetAt(at - 1);
      if (jump > 0) expect(zone.instantOf(at + zone.offsetAt(at - 1) + jump / 2)).toBe(at);
      next = next.getTimeZoneTransition('next');
    }
  }
});

it('lets purchases leave a window in the order in which they came', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zoneIds),
      anyInstant,
      fc.integer({ min: 0, max: 40 * 86_400_000 }),
      anyPeriod,
      (id, at, later, length) => {
        const zone = timeZone(id);
        expect(leavesWindow(zone, at, length)).toBeLessThanOrEqual(leavesWindow(zone, at + later, length));
      },
    ),
    { numRuns: 2000 },
  );
});
