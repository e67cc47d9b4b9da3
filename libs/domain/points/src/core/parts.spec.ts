import type { TermsLearned } from '@loyalty/contracts';
import { assertConserved, balanceOfLot, noBalance } from './balance.ts';
import { assertBalanced, noSums } from './buckets.ts';
import { instant } from './instant.ts';
import { burnOrder, lotOfPurchase, newLot } from './lot.ts';
import { expiryBy, knowsInactivity, termsAt } from './terms.ts';
import { addEnding, addUse, dropEnding, takenAt, type Uses } from './use.ts';

const START = '2026-01-01T00:00:00.000Z';
const terms = (more: Partial<TermsLearned> = {}): TermsLearned => ({
  program: 'club',
  version: 'v1',
  effectiveFrom: START,
  timeZone: 'UTC',
  ...more,
});
const at = (text: string): number => Date.parse(text);

describe('the version in force', () => {
  const versions = [
    terms({ version: 'b', effectiveFrom: '2026-03-01T00:00:00.000Z' }),
    terms({ version: 'd', effectiveFrom: '2026-02-01T00:00:00.000Z' }),
    terms({ version: 'c', effectiveFrom: '2026-02-01T00:00:00.000Z' }),
    terms({ version: 'z', effectiveFrom: '2026-02-15T00:00:00.000Z', program: 'other' }),
    terms({ version: 'a' }),
  ];

  it.each([
    ['2025-12-31T23:59:59.999Z', undefined],
    [START, 'a'],
    ['2026-01-31T23:59:59.999Z', 'a'],
    ['2026-02-01T00:00:00.000Z', 'd'],
    ['2026-02-20T00:00:00.000Z', 'd'],
    ['2026-03-01T00:00:00.000Z', 'b'],
  ])('at %s is %s, in whatever order they were learned; of one instant the name decides', (instantOf, version) => {
    for (const learned of [versions, versions.toReversed()]) {
      expect(termsAt(learned, 'club', at(instantOf))?.version).toBe(version);
    }
  });
});

it.each<[TermsLearned['expiry'], unknown]>([
  [undefined, undefined],
  [null, { expiresAt: null }],
  [{ after: 'P1M' }, { expiresAt: at('2026-03-10T12:00:00.000Z') }],
  [{ after: 'P1M', alignTo: 'endOfMonth' }, { expiresAt: at('2026-04-01T00:00:00.000Z') }],
  [{ after: 'P2M', alignTo: 'endOfQuarter' }, { expiresAt: at('2026-07-01T00:00:00.000Z') }],
  [{ after: 'P1M', alignTo: 'endOfYear' }, { expiresAt: at('2027-01-01T00:00:00.000Z') }],
  [{ after: 'P1M', alignTo: 'endOfDecade' }, undefined],
  [{ after: 'soon' }, undefined],
  [{ yearly: '12-31', grace: 'P3M' }, { expiresAt: at('2027-04-01T00:00:00.000Z') }],
  [{ yearly: '13-32', grace: 'P3M' }, undefined],
  [{ yearly: '12-31', grace: 'later' }, undefined],
  [{ inactivity: 'P12M' }, { expiresAt: null, inactivity: { after: 'P12M', timeZone: 'UTC' } }],
  [{ inactivity: 'long' }, undefined],
])('points given on 10 February expire by %j at %j', (expiry, expected) => {
  const version = expiry === undefined ? terms() : terms({ expiry });
  expect(expiryBy(version, at('2026-02-10T12:00:00.000Z'))).toEqual(expected);
  expect(expiryBy(undefined, 0)).toBe(undefined);
});

it('inactivity counts where any version of the program has it', () => {
  const idle = terms({ expiry: { inactivity: 'P1M' } });
  expect(knowsInactivity([terms(), idle, terms({ expiry: null })], 'club')).toBe(true);
  expect(knowsInactivity([terms({ expiry: { after: 'P1M' } }), terms({ expiry: null })], 'club')).toBe(false);
  expect(knowsInactivity([idle], 'other')).toBe(false);
});

describe('a lot of the read model at an instant', () => {
  const sums = { ...noSums(), issued: -100, held: 60, expired: 5, spent: 35 };
  const lot = { activeFrom: 10, expiresAt: 20 };
  const rest = { issued: 100, received: 0, reserved: 0, spent: 35, reversed: 0, sent: 0, owed: 0 };

  it.each([
    [9, { pending: 60, active: 0, expired: 5 }],
    [10, { pending: 0, active: 60, expired: 5 }],
    [19, { pending: 0, active: 60, expired: 5 }],
    [20, { pending: 0, active: 0, expired: 65 }],
  ])('holds at %d %j', (instantOf, held) => {
    expect(balanceOfLot(sums, lot, instantOf)).toEqual({ ...rest, ...held });
  });

  it('gone before it was there is expired', () => {
    expect(balanceOfLot(sums, { activeFrom: 20, expiresAt: 10 }, 15)).toEqual({
      ...rest,
      pending: 0,
      active: 0,
      expired: 65,
    });
  });
});

it('a balance that made or lost points is none', () => {
  assertConserved({ ...noBalance(), issued: 5, received: 3, active: 10, owed: 2 });
  expect(() => assertConserved({ ...noBalance(), issued: 5, active: 4 })).toThrow(
    'points are not conserved: {"issued":5,"received":0,"pending":0,"active":4',
  );
});

it('postings that do not sum to zero, or are no whole points, are none', () => {
  assertBalanced([]);
  expect(() => assertBalanced([{ lot: 'a', bucket: 'held', points: 1 }])).toThrow(
    'postings sum to 1, not to 0: [{"lot":"a","bucket":"held","points":1}]',
  );
  const half = [0.5, -0.5].map((points) => ({ lot: 'a', bucket: 'held' as const, points }));
  expect(() => assertBalanced(half)).toThrow('not whole points: 0.5');
});

it('text that is no instant is none', () => {
  expect(() => instant('tomorrow')).toThrow('not an instant: tomorrow');
});

it.each([
  [{ source: 'shop', id: '7' }, 'shop/7'],
  [{ source: 'a/b', id: 'c' }, 'a%2Fb/c'],
  [{ source: 'a', id: 'b/c' }, 'a/b/c'],
  [{ source: 'a%2Fb', id: 'c' }, 'a%252Fb/c'],
  [{ source: '/', id: '%' }, '%2F/%'],
])('the lot of purchase %j is %s', (purchase, lot) => {
  expect(lotOfPurchase(purchase)).toBe(lot);
});

it('lots burn by expiry, then by age, then by name', () => {
  const [a, b] = [newLot('a'), newLot('b')];
  expect([
    burnOrder({ ...a, expiresAt: 2 }, { ...b, expiresAt: 1 }),
    burnOrder({ ...a, expiresAt: 1 }, { ...b, expiresAt: 2 }),
  ]).toEqual([1, -1]);
  expect([burnOrder({ ...a, at: 2 }, { ...b, at: 1 }), burnOrder({ ...a, at: 1 }, { ...b, at: 2 })]).toEqual([1, -1]);
  expect([Math.sign(burnOrder(a, b)), Math.sign(burnOrder(b, a)), burnOrder(a, a)]).toEqual([-1, 1, 0]);
});

describe('what is taken out of a lot', () => {
  it('counts from its instant on, and what is reserved until its end', () => {
    const uses: Uses = { list: [], endings: [] };
    expect(addUse(uses, 10, { spent: 5 })).toBe(5);
    expect(addUse(uses, 20, { reserved: 7 })).toBe(7);
    addEnding(uses, { at: 40, points: 4 });
    addEnding(uses, { at: 30, points: 2 });
    addEnding(uses, { at: 30, points: 1 });
    expect([9, 10, 19, 20, 29, 30, 39, 40].map((instantOf) => takenAt(uses, instantOf).total)).toEqual([
      0, 5, 5, 12, 12, 9, 9, 5,
    ]);
    expect(takenAt(uses, 30)).toEqual({ spent: 5, reversed: 0, reserved: 4, sent: 0, total: 9 });
    dropEnding(uses, { at: 30, points: 2 });
    expect(uses.endings).toEqual([
      { at: 30, points: 1 },
      { at: 40, points: 4 },
    ]);
    expect(() => dropEnding(uses, { at: 30, points: 4 })).toThrow('no reservation of 4 points ends at 30');
    expect(addUse(uses, 50, { spent: -5, reversed: 1, sent: 2 })).toBe(-2);
    expect(uses.list.at(-1)).toEqual({
      at: 50,
      taken: { spent: 0, reversed: 1, reserved: 7, sent: 2, total: 10 },
      peak: 12,
    });
  });

  it('is nothing where nothing was', () => {
    expect(takenAt(null, 5).total).toBe(0);
  });
});
