import { rating, redeeming, returning, Scenario } from './scenario.fixture.ts';

const between = (id: string, at: string, points: number, activeFrom: string, expiresAt: string) =>
  rating(id, at, points, { activeFrom: `${activeFrom}T00:00:00.000Z`, expiresAt: `${expiresAt}T00:00:00.000Z` });

describe('a return', () => {
  it('takes back from what its purchase still holds, pending or active', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(between('p1', '2026-01-31', 100, '2026-02-14', '2027-02-01'));
    ledger.tell(returning('r1', '2026-02-01', { p1: 30 }));
    expect(ledger.events[1]?.data).toMatchObject({ points: 30, shortfall: 0 });
    expect(ledger.balance()).toEqual({ issued: 100, pending: 70, reversed: 30 });
  });

  it('golden: lot 100, 60 spent, 40 expired, return worth 50: owes 10', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(between('p1', '2026-01-01', 100, '2026-01-01', '2026-03-01'));
    ledger.tell(redeeming(60));
    ledger.on('2026-04-01').tell({ kind: 'settle' });
    expect(ledger.balance()).toEqual({ issued: 100, spent: 60, expired: 40 });
    ledger.tell(returning('r1', '2026-03-15', { p1: 50 }));
    expect(ledger.events.at(-1)?.data).toMatchObject({ points: 50, shortfall: 10 });
    expect(ledger.balance()).toEqual({ issued: 100, spent: 60, reversed: 50, owed: 10 });
  });

  it('rated again takes the difference, in either direction', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p1', '2026-01-01', 100));
    ledger.tell(returning('r1', '2026-01-10', { p1: 50 }));
    ledger.tell(returning('r1', '2026-01-10', { p1: 20 }));
    ledger.tell(returning('r2', '2026-01-11', { p1: 5 }));
    expect(ledger.events.slice(1).map((event) => (event.data as { points: number }).points)).toEqual([50, -30, 5]);
    expect(ledger.balance()).toEqual({ issued: 100, active: 75, reversed: 25 });
  });

  it('that no longer touches a purchase gives back what it took', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p1', '2026-01-01', 100));
    ledger.tell(rating('p2', '2026-01-02', 100));
    ledger.tell(returning('r1', '2026-01-10', { p1: 30 }));
    ledger.tell(returning('r1', '2026-01-10', { p2: 30 }));
    expect(ledger.lots()).toEqual({
      'shop/p1': { issued: 100, active: 100 },
      'shop/p2': { issued: 100, active: 70, reversed: 30 },
    });
  });

  it('rated before its purchase is owed until the purchase is rated', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(returning('r1', '2026-01-10', { p1: 30 }));
    expect(ledger.balance()).toEqual({ reversed: 30, owed: 30 });
    ledger.tell(rating('p1', '2026-01-01', 100));
    expect(ledger.balance()).toEqual({ issued: 100, active: 70, reversed: 30 });
  });
});

describe('shortfall', () => {
  const spent = (policy: 'owe' | 'otherLots' | 'waive') => {
    const ledger = new Scenario().on('2026-01-05');
    ledger.tell(rating('p1', '2026-01-01', 100, { shortfall: policy }));
    ledger.tell(redeeming(60));
    ledger.tell(rating('p2', '2026-01-03', 30, { expiresAt: '2027-01-01T00:00:00.000Z' }));
    ledger.tell(rating('p3', '2026-01-04', 30, { expiresAt: '2026-12-01T00:00:00.000Z' }));
    ledger.on('2026-01-10').tell(returning('r1', '2026-01-09', { p1: 80 }));
    return ledger;
  };

  it('owe: lots that are active already stay; spendable is active less owed', () => {
    const ledger = spent('owe');
    expect(ledger.balance()).toEqual({ issued: 160, active: 60, spent: 60, reversed: 80, owed: 40 });
    expect(ledger.tell(redeeming(21))).toMatchObject({ refusal: { details: { spendable: 20 } } });
  });

  it('otherLots: active lots give, earliest expiry first; the rest is owed', () => {
    const ledger = spent('otherLots');
    expect(ledger.lots()).toEqual({
      'shop/p1': { issued: 100, spent: 60, reversed: 80, owed: 40 },
      'shop/p2': { issued: 30, active: 20, owed: -10 },
      'shop/p3': { issued: 30, owed: -30 },
    });
    expect(ledger.balance()).toEqual({ issued: 160, active: 20, spent: 60, reversed: 80 });
  });

  it('waive: what was spent is forgiven, and given up again when the return is undone', () => {
    const ledger = spent('waive');
    expect(ledger.balance()).toEqual({ issued: 160, active: 60, spent: 60, reversed: 40 });
    expect(ledger.events.at(-1)?.data).toMatchObject({ points: 80, shortfall: 40 });
    ledger.tell(returning('r1', '2026-01-09', { p1: 0 }));
    expect(ledger.balance()).toEqual({ issued: 160, active: 100, spent: 60 });
  });

  it('waive: a purchase voided after its points were spent stays issued as far as spent', () => {
    const ledger = new Scenario().on('2026-01-05');
    ledger.tell(rating('p1', '2026-01-01', 100, { shortfall: 'waive' }));
    ledger.tell(redeeming(60));
    ledger.tell(rating('p1', '2026-01-01', 0, { shortfall: 'waive' }, false));
    expect(ledger.balance()).toEqual({ issued: 60, spent: 60 });
    expect(ledger.events.at(-1)?.data).toMatchObject({ points: -100, waived: 60 });
  });
});

describe('what is owed', () => {
  const owing = () => {
    const ledger = new Scenario().on('2026-01-05');
    ledger.tell(rating('p1', '2026-01-01', 100));
    ledger.tell(redeeming(100));
    ledger.on('2026-01-10').tell(returning('r1', '2026-01-09', { p1: 50 }));
    return ledger;
  };

  it('is repaid by an earned lot in the instant it becomes active', () => {
    const ledger = owing();
    ledger.tell(between('p2', '2026-01-10', 30, '2026-01-24', '2027-01-01'));
    expect(ledger.balance('2026-01-23')).toMatchObject({ pending: 30, owed: 50 });
    expect(ledger.balance('2026-01-24')).toEqual({ issued: 130, spent: 100, reversed: 50, owed: 20 });
    ledger.on('2026-02-01').tell({ kind: 'settle' });
    expect(ledger.events.at(-1)).toMatchObject({
      type: 'points.repaid.v1',
      data: { points: 30, at: '2026-01-24T00:00:00.000Z' },
    });
  });

  it('is repaid at once by a purchase that is active at once', () => {
    const ledger = owing();
    ledger.tell(rating('p2', '2026-01-10', 70));
    expect(ledger.balance()).toEqual({ issued: 170, active: 20, spent: 100, reversed: 50 });
  });

  it('is not repaid by adjustments and opening balances, but weighs on what can be spent', () => {
    const ledger = owing();
    expect(ledger.tell({ kind: 'adjust', id: 'a1', points: 80, reason: 'goodwill', expiresAt: null })).toMatchObject({
      answer: { spendable: 30 },
    });
    const dates = { earnedAt: 0, activeFrom: 0, expiresAt: null };
    ledger.tell({ kind: 'open', program: 'club', points: 20, reference: 'old-1', ...dates });
    expect(ledger.balance()).toEqual({ issued: 200, active: 100, spent: 100, reversed: 50, owed: 50 });
  });

  it('and was repaid by points that were spent since, is owed again from that moment on', () => {
    const ledger = new Scenario().on('2026-01-05');
    ledger.tell(rating('p1', '2026-01-01', 100));
    ledger.tell(redeeming(100, 'r1'));
    ledger.tell(between('p2', '2026-01-05', 30, '2026-01-10', '2027-01-01'));
    ledger.on('2026-01-12').tell(redeeming(30, 'r2'));
    ledger.tell(between('p3', '2026-01-12', 50, '2026-01-20', '2027-01-01'));
    ledger.on('2026-01-25').tell(returning('late', '2026-01-07', { p1: 20 }));
    expect(ledger.balance('2026-01-08')).toMatchObject({ pending: 30, owed: 20 });
    expect(ledger.balance('2026-01-11')).toMatchObject({ active: 10, spent: 100 });
    expect(ledger.balance('2026-01-13')).toMatchObject({ pending: 50, owed: 20, spent: 130 });
    expect(ledger.balance()).toEqual({ issued: 180, active: 30, spent: 130, reversed: 20 });
  });

  it('and repaid comes back when the return is undone', () => {
    const ledger = owing();
    ledger.tell(rating('p2', '2026-01-10', 70));
    ledger.tell(returning('r1', '2026-01-09', { p1: 0 }));
    expect(ledger.balance()).toEqual({ issued: 170, active: 70, spent: 100 });
  });
});
