import { decide } from './decide.ts';
import { evolve } from './evolve.ts';
import type { Receive } from './input.ts';
import { rating, redeeming, returning, Scenario } from './scenario.fixture.ts';
import { shallowState } from './wallet.ts';

const MOST = Number.MAX_SAFE_INTEGER;

describe('a wallet', () => {
  it('takes what fits to the last point, and says exactly where it stands', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p1', '2026-01-01', MOST - 1));
    ledger.tell(rating('p2', '2026-01-02', 1));
    expect(ledger.balance()).toEqual({ issued: MOST, active: MOST });
    ledger.tell(redeeming(MOST - 2));
    ledger.tell(returning('x', '2026-01-10', { p1: MOST - 1 }));
    expect(ledger.balance()).toEqual({ issued: MOST, active: 1, spent: MOST - 2, reversed: MOST - 1, owed: MOST - 2 });
  });

  it('is opened with as much, or given as much, as it has room for', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p1', '2026-01-01', 5));
    const dates = { earnedAt: 0, activeFrom: 0, expiresAt: null };
    const opening = { kind: 'open', program: 'club', reference: 'o', ...dates } as const;
    expect(ledger.tell({ ...opening, points: MOST - 4 })).toMatchObject({ refusal: { code: 'too_many_points' } });
    ledger.tell({ ...opening, points: MOST - 8 });
    const giving = { kind: 'adjust', id: 'a', reason: 'x', expiresAt: null } as const;
    expect(ledger.tell({ ...giving, points: 4 })).toMatchObject({ refusal: { code: 'too_many_points' } });
    ledger.tell({ ...giving, points: 3 });
    expect(ledger.balance()).toEqual({ issued: MOST, active: MOST });
    const empty = new Scenario().on('2026-02-01');
    empty.tell(rating('p1', '2026-01-01', 0));
    empty.terms.push({ program: 'club', version: 'v1', effectiveFrom: '2026-01-01T00:00:00.000Z', timeZone: 'UTC' });
    expect(empty.tell({ ...opening, points: MOST })).toMatchObject({ events: [{ data: { points: MOST } }] });
  });

  it('is never issued more, by a new purchase or a corrected one, and has room again for what a correction took', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p1', '2026-01-01', MOST));
    expect(() => ledger.tell(rating('p2', '2026-01-02', 1))).toThrow(
      'too_many_points: the wallet in club cannot take in more than 9007199254740991 points in all',
    );
    ledger.tell(rating('p1', '2026-01-01', 10, {}, false));
    ledger.tell(rating('p2', '2026-01-02', MOST - 10));
    expect(() => ledger.tell(rating('p1', '2026-01-01', 11, {}, false))).toThrow('too_many_points');
    expect(ledger.balance()).toEqual({ issued: MOST, active: MOST });
  });
});

it('a wallet receives no more than it has room for, whatever was issued in it', () => {
  const ledger = new Scenario().on('2026-02-01');
  const at = '2026-01-31T00:00:00.000Z';
  const receiving = (transfer: string, points: number): Receive => ({
    kind: 'receive',
    from: 'ann',
    sent: { program: 'club', at, transfer, points, lots: [{ lot: 'shop/p', points, expiresAt: null }] },
  });
  ledger.tell(rating('p1', '2026-01-01', MOST - 5));
  ledger.tell(receiving('t1', 5));
  expect(() => ledger.tell(receiving('t2', 1))).toThrow('too_many_points');
  expect(() => ledger.tell(rating('p2', '2026-01-01', 1))).toThrow('too_many_points');
  expect(ledger.balance()).toEqual({ issued: MOST - 5, received: 5, active: MOST });
});

describe('a lot is opened without knowing the others', () => {
  const context = { now: Date.UTC(2026, 1, 1), global: { terms: [] } };
  const kind = (points: number, state = shallowState()) =>
    decide(rating('p', '2026-01-01', points), state, context).kind;

  it('only where it fits for certain', () => {
    expect(kind(2 ** 32)).toBe('accepted');
    expect(kind(2 ** 32 + 1)).toBe('insufficient');
    expect(kind(1, shallowState(['club']))).toBe('insufficient');
  });

  it('so many times that they cannot fill what was left, and no more', () => {
    const state = shallowState();
    const event = { type: 'points.earned.v1', time: 0, data: '{}' };
    for (let n = 0; n < 2 ** 20 - 2; n++) evolve(state, event);
    expect(kind(1, state)).toBe('accepted');
    evolve(state, event);
    expect(kind(1, state)).toBe('insufficient');
  });
});
