import { formatInstant } from '@loyalty/kernel';
import { termsOf } from '../core/terms.ts';
import { shanghai, standardText } from '../tiers.fixture.ts';
import { readProgram } from './read-program.ts';

const EXPIRY = '{ after: P12M, alignTo: endOfMonth }';

function read(expiry: string, zone = 'Asia/Shanghai', pending = 'P14D') {
  const text = standardText
    .replace(EXPIRY, expiry)
    .replace('timeZone: Asia/Shanghai', `timeZone: ${zone}`)
    .replace('P14D', pending);
  expect(text).toContain(`expiry: ${expiry}`);
  return readProgram(text);
}

function mistakes(expiry: string, pending?: string): string[] {
  const found = read(expiry, undefined, pending);
  return found.ok ? [] : found.mistakes.map(({ line, path, reason }) => `${line} ${path}: ${reason}`);
}

/** When points bought at a local time are gone; by inactivity, if nothing happens, the terms. */
function expiring(expiry: string, zone: string, at: number): unknown {
  const found = read(expiry, zone, 'P0D');
  if (!found.ok) throw new Error(JSON.stringify(found.mistakes));
  const { expiresAt, inactivity } = termsOf(found.version.zone, at, found.version.points);
  return inactivity ?? (expiresAt === null ? 'never' : formatInstant(expiresAt));
}

describe('points bought on 25 January 2026 are gone', () => {
  it.each([
    ['{ after: P12M }', '2027-01-25T07:00:00.000Z'],
    ['{ after: P12M, alignTo: endOfMonth }', '2027-01-31T16:00:00.000Z'],
    ['{ after: P12M, alignTo: endOfQuarter }', '2027-03-31T16:00:00.000Z'],
    ['{ after: P12M, alignTo: endOfYear }', '2027-12-31T16:00:00.000Z'],
    ['{ yearly: 12-31 }', '2026-12-31T16:00:00.000Z'],
    ['{ yearly: 12-31, grace: P3M }', '2027-03-31T16:00:00.000Z'],
    ['{ yearly: 01-24, grace: P1M }', '2027-02-24T16:00:00.000Z'],
    ['{ inactivity: P12M }', { after: 'P12M', timeZone: 'Asia/Shanghai' }],
    ['never', 'never'],
  ])('%s: %s', (expiry, expected) => {
    expect(expiring(expiry, 'Asia/Shanghai', shanghai('2026-01-25T15:00'))).toEqual(expected);
  });
});

describe('across a change of the clocks', () => {
  const bought = Date.parse('2026-03-20T12:30:00Z');

  it.each([
    ['{ after: P14D }', 'Europe/London', 'P1D', '2026-04-03T11:30:00.000Z'],
    ['{ after: PT336H }', 'Europe/London', 'P1D', '2026-04-03T12:30:00.000Z'],
    ['{ after: P1D, alignTo: endOfMonth }', 'Europe/London', 'PT1H', '2026-03-31T23:00:00.000Z'],
    ['{ yearly: 03-28, grace: P1D }', 'Europe/London', 'P1D', '2026-03-29T23:00:00.000Z'],
    // In Santiago 6 September 2026 begins at 01:00: midnight is in the gap.
    ['{ yearly: 09-05, grace: P1D }', 'America/Santiago', 'P1D', '2026-09-07T03:00:00.000Z'],
    ['{ yearly: 09-05 }', 'America/Santiago', 'PT0S', '2026-09-06T04:00:00.000Z'],
  ])('%s in %s', (expiry, zone, pending, expected) => {
    const found = read(expiry, zone, pending);
    if (!found.ok) throw new Error(JSON.stringify(found.mistakes));
    const { expiresAt } = termsOf(found.version.zone, bought, found.version.points);
    expect(expiresAt === null ? null : formatInstant(expiresAt)).toBe(expected);
  });
});

describe('a mistake is told with its line', () => {
  it.each([
    ['{ after: P12M, inactivity: P12M }', '13 points.expiry.inactivity: unknown key inactivity'],
    ['{ inactivity: P12M, alignTo: endOfMonth }', '13 points.expiry.alignTo: unknown key alignTo'],
    ['{ yearly: 12-31, after: P1M }', '13 points.expiry.yearly: unknown key yearly'],
    ['{ yearly: 02-29 }', '13 points.expiry.yearly: 02-29 is no day of every year such as 12-31'],
    ['{ yearly: 12-31, grace: 3M }', '13 points.expiry.grace: 3M is no ISO 8601 period such as P12M, P30D, P0D'],
    ['{ inactivity: a year }', '13 points.expiry.inactivity: a year is no ISO 8601 period such as P12M, P30D, P0D'],
    ['{ alignTo: endOfMonth }', '13 points.expiry.after: after is missing'],
    ['sometimes', '13 points.expiry: must be never, or have one of after, yearly and inactivity'],
  ])('%s', (expiry, mistake) => {
    expect(mistakes(expiry)).toContain(mistake);
  });

  it.each([
    ['{ inactivity: P14D }', 'P14D'],
    ['{ yearly: 12-31 }', 'PT1H'],
    ['{ yearly: 12-31, grace: P10D }', 'P14D'],
  ])('%s with %s pending: points would be gone before they are active', (expiry, pending) => {
    expect(mistakes(expiry, pending)).toEqual([
      expect.stringMatching(/^12 points\.pending: points bought .* would expire/),
    ]);
  });

  it('a grace as long as pending will do', () => {
    expect(mistakes('{ yearly: 12-31, grace: P14D }', 'P14D')).toEqual([]);
  });
});
