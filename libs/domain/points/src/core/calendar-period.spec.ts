import { parseInstant, timeZone } from '@loyalty/kernel';
import { calendarPeriod, type LimitPeriod } from './calendar-period.ts';

const zone = timeZone('Asia/Shanghai');
const name = (at: string, per: LimitPeriod) => calendarPeriod(zone, parseInstant(at) as number, per);

it.each<[LimitPeriod, string, string]>([
  ['day', '2026-06-06T23:59:59+08:00', '2026-06-07T00:00:00+08:00'],
  ['week', '2026-06-07T23:59:59+08:00', '2026-06-08T00:00:00+08:00'],
  ['month', '2026-06-30T23:59:59+08:00', '2026-07-01T00:00:00+08:00'],
  ['year', '2026-12-31T23:59:59+08:00', '2027-01-01T00:00:00+08:00'],
])('a %s ends at midnight of the program, not of UTC', (per, last, first) => {
  expect(name(last, per)).not.toBe(name(first, per));
  expect([name(last, 'ever'), name(first, 'ever')]).toEqual(['ever', 'ever']);
  const earlier = new Date(Date.parse(last) - 23 * 3_600_000).toISOString();
  expect(name(last, per)).toBe(name(earlier, per));
});

it('a year has all its months', () => {
  expect(name('2026-01-01T00:00:00+08:00', 'year')).toBe(name('2026-12-31T23:59:59+08:00', 'year'));
});

it('a week begins on Monday', () => {
  expect(name('2026-06-01T00:00:00+08:00', 'week')).toBe(name('2026-06-07T12:00:00+08:00', 'week'));
  expect(name('2026-05-31T12:00:00+08:00', 'week')).not.toBe(name('2026-06-01T00:00:00+08:00', 'week'));
});
