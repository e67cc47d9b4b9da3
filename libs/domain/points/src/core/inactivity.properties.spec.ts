import fc from 'fast-check';
import { type Activity, endsOf, expectationOf, idleAfter, type Inactivity, keptSince } from './inactivity.ts';
import { type Lot, newLot } from './lot.ts';

const DAY = 86_400_000;
const runs = { numRuns: Math.ceil(1_000 * Number(process.env['TEST_SCALE'] ?? 1)), verbose: fc.VerbosityLevel.None };

/** Few days and few periods, so that ends meet: with each other, and with the instants of activities. */
const terms: fc.Arbitrary<Inactivity> = fc.record({
  after: fc.constantFrom('P3D', 'P5D', 'P1W'),
  timeZone: fc.constantFrom('UTC', 'America/New_York'),
});
const lots = fc
  .array(fc.tuple(fc.nat({ max: 20 }), fc.option(terms, { freq: 6 }), fc.nat({ max: 30 })), { maxLength: 8 })
  .map((all) =>
    all.map(([day, inactivity, end], i): Lot => {
      const dates = { at: day * DAY, expiresAt: end * DAY };
      return { ...newLot(`lot ${i}`), ...dates, inactivity };
    }),
  );
const activities = fc
  .array(fc.tuple(fc.nat({ max: 30 }), fc.option(fc.nat({ max: 6 }))), { maxLength: 10 })
  .map((all) =>
    all.map(([day, undone]): Activity => {
      const at = day * DAY;
      return { at, until: undone === null ? Infinity : at + undone * DAY };
    }),
  );

/** Of one lot, step by step. */
function endOf(lot: Lot, inactivity: Inactivity, all: readonly Activity[]): number {
  let end = idleAfter(inactivity, lot.at);
  for (const { at, until } of all.toSorted((a, b) => a.at - b.at)) {
    if (at >= lot.at && at < end) end = Math.max(end, Math.min(idleAfter(inactivity, at), until));
  }
  return end;
}

it('all lots of a wallet are gone when each of them, looked at alone, is', () => {
  fc.assert(
    fc.property(lots, activities, (all, active) => {
      const alone = all.flatMap((lot) => (lot.inactivity ? [[lot.id, endOf(lot, lot.inactivity, active)]] : []));
      const ends = [...endsOf(all, active)].map(([lot, end]) => [lot.id, end]);
      expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(alone));
    }),
    runs,
  );
});

it('an end is expected by what was before an instant and still stood then', () => {
  fc.assert(
    fc.property(lots, activities, fc.array(fc.nat({ max: 30 }), { minLength: 1 }), (all, active, days) => {
      const expected = expectationOf(active);
      for (const lot of all) {
        for (const before of days.map((day) => day * DAY)) {
          const counted = active.filter(({ at, until }) => at < before && until >= before).map(({ at }) => at);
          const open = lot.inactivity !== null && lot.expiresAt > before;
          const end = open ? idleAfter(lot.inactivity as Inactivity, Math.max(lot.at, ...counted)) : lot.expiresAt;
          expect(expected(lot, before)).toBe(end);
        }
      }
    }),
    runs,
  );
});

it('an activity keeps points for the longest of their periods', () => {
  const lot = (after: string): Pick<Lot, 'inactivity'> => ({ inactivity: { after, timeZone: 'UTC' } });
  const dated = { inactivity: null };
  expect(keptSince([lot('P3D'), dated, lot('P1W'), lot('P5D')], 0)).toEqual({ keptUntil: '1970-01-08T00:00:00.000Z' });
  expect(keptSince([dated], 0)).toEqual({});
  expect(() => keptSince([lot('long')], 0)).toThrow('not a period: long');
});
