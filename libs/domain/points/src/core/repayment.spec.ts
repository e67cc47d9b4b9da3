import type { EpochMs } from '@loyalty/kernel';
import { expectationOf } from './inactivity.ts';
import { type Lot, newLot } from './lot.ts';
import { type Debts, debtsOf, NO_DEBTS, staysTrue } from './repayment.ts';
import { instantOf, rating, redeeming, returning, Scenario } from './scenario.fixture.ts';

const day = (text: string): string => `2026-${text}T00:00:00.000Z`;
const spent = (shortfall: 'owe' | 'otherLots' | 'waive' = 'owe'): Scenario => {
  const ledger = new Scenario().on('2026-01-05');
  ledger.tell(rating('p', '2026-01-01', 100, { shortfall }));
  ledger.tell(redeeming(100));
  return ledger;
};
const bought = (id: string, points: number, active: string, expires: string | null = null) =>
  rating(id, '2026-01-02', points, { activeFrom: day(active), expiresAt: expires && day(expires) });

/** The debts of its wallet at `now`, worked out from nothing. */
function debtsIn(ledger: Scenario, now: EpochMs = ledger.now): Debts {
  const { lots, activities } = ledger.wallet();
  return debtsOf([...lots.values()], expectationOf(activities.all.values()), Infinity, now);
}

describe('nothing is owed any more', () => {
  it('at all times, where no lot gave more than it had', () => {
    const ledger = new Scenario().on('2026-01-05');
    ledger.tell(rating('p', '2026-01-01', 100));
    ledger.tell(returning('r', '2026-01-05', { p: 100 }));
    expect(debtsIn(ledger)).toBe(NO_DEBTS);
  });

  it('at all times, where what was missing is waived, or was there again when it was taken', () => {
    const waived = spent('waive');
    waived.tell(returning('r', '2026-01-05', { p: 40 }));
    expect(debtsIn(waived).clear).toBe(-Infinity);
    const back = spent();
    back.tell({ kind: 'undo', id: 'u', redemption: 'r' });
    back.tell(returning('r', '2026-01-05', { p: 100 }));
    expect(debtsIn(back)).toEqual({ shares: new Map(), clear: -Infinity });
  });

  it('after the instant of the last repayment, whatever becomes active later', () => {
    const ledger = spent();
    ledger.tell(returning('r', '2026-01-05', { p: 40 }));
    expect(debtsIn(ledger).clear).toBe(Infinity);
    for (const [id, active] of [
      ['a', '01-10'],
      ['b', '01-11'],
      ['c', '01-12'],
    ] as const) {
      ledger.tell(bought(id, 30, active));
    }
    expect(debtsIn(ledger, instantOf('2026-01-10')).clear).toBe(Infinity);
    for (const now of ['2026-01-11', '2026-02-01']) {
      const { clear, shares } = debtsIn(ledger, instantOf(now));
      expect(clear).toBe(instantOf('2026-01-11'));
      expect([...shares].map(([lot, { repaid }]) => [lot, repaid])).toEqual([
        ['shop/p', 0],
        ['shop/a', 30],
        ['shop/b', 10],
      ]);
    }
  });

  it('where all is repaid, unless something is dated ahead of the clock', () => {
    const ledger = spent('otherLots').on('2026-01-06');
    ledger.tell(bought('a', 60, '01-03'));
    ledger.tell(returning('r', '2026-01-08', { p: 40 }));
    expect(debtsIn(ledger, instantOf('2026-01-07')).clear).toBe(Infinity);
    expect(debtsIn(ledger, instantOf('2026-01-08')).clear).toBe(instantOf('2026-01-08'));
  });
});

describe('what is owed', () => {
  it('is not repaid by points that are gone before they become active, nor by none', () => {
    const ledger = spent();
    ledger.tell(returning('r', '2026-01-05', { p: 40 }));
    ledger.tell(bought('late', 50, '01-20', '01-15'));
    ledger.tell(bought('never', 50, '01-20', '01-20'));
    ledger.tell(bought('back', 50, '01-20'));
    ledger.tell(returning('s', '2026-01-05', { back: 50 }));
    ledger.on('2026-02-01');
    expect(ledger.balance()).toMatchObject({ owed: 40, expired: 100 });
    expect([...debtsIn(ledger).shares.keys()]).toEqual(['shop/p']);
  });

  it('is taken from other lots that are active in that very instant, of one expiry the older first', () => {
    const ledger = spent('otherLots').on('2026-01-10');
    const lots = [
      ['new', '2026-01-04'],
      ['old', '2026-01-03'],
    ] as const;
    for (const [id, at] of lots) ledger.tell(rating(id, at, 30, { expiresAt: day('06-01') }));
    const dates = { earnedAt: instantOf('2026-01-02'), activeFrom: instantOf('2026-01-09'), expiresAt: null };
    ledger.tell({ kind: 'open', program: 'club', points: 50, reference: 'o', ...dates });
    ledger.tell(returning('r', '2026-01-09', { p: 40 }));
    expect(ledger.lots()).toMatchObject({ 'shop/old': { owed: -30 }, 'shop/new': { active: 20, owed: -10 } });
    ledger.tell(returning('r', '2026-01-09', { p: 80 }));
    expect(ledger.lots()).toMatchObject({ '/opening/o': { active: 30, owed: -20 } });
  });

  it('is owed from the return on, and not before, whatever was done since', () => {
    const ledger = spent().on('2026-01-08');
    ledger.tell({ kind: 'undo', id: 'u', redemption: 'r', points: 10 });
    ledger.on('2026-01-10').tell(returning('late', '2026-01-07', { p: 40 }));
    expect(ledger.balance('2026-01-06')).toEqual({ issued: 100, spent: 100 });
    expect(ledger.balance('2026-01-07')).toEqual({ issued: 100, spent: 100, reversed: 40, owed: 40 });
    expect(ledger.balance()).toEqual({ issued: 100, active: 10, spent: 90, reversed: 40, owed: 40 });
  });

  it('is not taken from lots that hold nothing', () => {
    const ledger = spent('otherLots').on('2026-01-10');
    ledger.tell(rating('empty', '2026-01-04', 30, { expiresAt: day('06-01') }));
    ledger.tell(redeeming(30, 'e'));
    ledger.tell(rating('full', '2026-01-04', 30, { expiresAt: day('07-01') }));
    ledger.tell(returning('r', '2026-01-10', { p: 20 }));
    expect([...debtsIn(ledger).shares.keys()]).toEqual(['shop/p', 'shop/full']);
  });

  it('and taken from points that were spent later, is repaid by whatever became active first after that', () => {
    const ledger = new Scenario().on('2026-01-12');
    ledger.terms.push({ program: 'club', version: 'v1', effectiveFrom: day('01-01'), timeZone: 'UTC' });
    const dates = { earnedAt: instantOf('2026-01-01'), activeFrom: instantOf('2026-01-01'), expiresAt: null };
    ledger.tell({ kind: 'open', program: 'club', points: 30, reference: 'o', ...dates });
    ledger.tell(redeeming(30));
    for (const [id, active] of [
      ['before', '01-11'],
      ['next', '01-13'],
      ['last', '01-14'],
    ] as const) {
      ledger.tell(bought(id, 30, active));
    }
    ledger
      .on('2026-01-20')
      .tell(rating('worthless', '2026-01-02', 1, { activeFrom: day('01-19'), shortfall: 'otherLots' }));
    ledger.tell(returning('late', '2026-01-09', { worthless: 21 }));
    expect(ledger.lots()).toMatchObject({
      '/opening/o': { spent: 30 },
      'shop/before': { active: 30 },
      'shop/next': { active: 10, owed: -20 },
      'shop/last': { active: 30 },
    });
  });
});

describe('debts stay as they are', () => {
  const debts: Debts = { shares: new Map([['in', { repaid: 0, short: 1, owes: 1, at: null }]]), clear: 100 };
  const lot = (more: Partial<Lot> = {}): Lot => ({
    ...newLot('out'),
    origin: 'purchase',
    at: 10,
    activeFrom: 50,
    issued: 10,
    claimed: 2,
    ...more,
  });
  const after = lot({ activeFrom: 101 });

  it.each<[string, Lot | undefined, Lot]>([
    ['a new lot becomes active afterwards', undefined, after],
    ['a lot that became active afterwards changes', after, lot({ activeFrom: 200, issued: 5, policy: 'waive' })],
    ['a lot from before stays as it was', lot(), lot()],
    ['more of a lot from before is returned', lot(), lot({ claimed: 3 })],
  ])('when %s', (_about, before, now) => {
    expect(staysTrue(debts, before, now)).toBe(true);
  });

  it.each<[string, Lot | undefined, Lot]>([
    ['a new lot became active by then', undefined, lot({ activeFrom: 100 })],
    ['a lot is to become active by then', after, lot({ activeFrom: 100 })],
    ['a lot became active in that very instant', lot({ activeFrom: 100 }), after],
    ['a lot had a part in them', { ...after, id: 'in' }, { ...after, id: 'in' }],
    ['a lot gives more than it had', after, { ...after, claimed: 11 }],
    ['a lot gave more than it had', { ...after, claimed: 11 }, after],
    ['a lot from before is worth something else', lot(), lot({ issued: 11 })],
    ['a lot from before becomes active at another time', lot(), lot({ activeFrom: 51 })],
    ['a lot from before expires at another time', lot(), lot({ expiresAt: 500 })],
    ['a lot from before turns out to be of a purchase', lot({ origin: 'unknown' }), lot()],
    ['a lot from before follows another policy', lot(), lot({ policy: 'otherLots' })],
    ['a lot from before came at another time', lot(), lot({ at: 11 })],
    ['less of a lot from before is returned', lot(), lot({ claimed: 1 })],
  ])('not when %s', (_about, before, now) => {
    expect(staysTrue(debts, before, now)).toBe(false);
  });

  it('never while anything is owed', () => {
    expect(staysTrue({ ...debts, clear: Infinity }, after, after)).toBe(false);
  });
});
