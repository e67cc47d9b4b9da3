import type { PointsEvent } from './event.ts';
import { apply, evolve } from './evolve.ts';
import type { PointsInput } from './input.ts';
import { rating, redeeming, returning, Scenario } from './scenario.fixture.ts';
import { fullState, type MemberState } from './wallet.ts';

const program = 'club';
const postings: never[] = [];
const at = '2026-02-01T00:00:00.000Z';
const reserving: PointsInput = { kind: 'reserve', id: 'v', points: 5, program };
const course = [{ tier: 'gold', from: at }];

describe('a state', () => {
  it('weighs more with everything that is remembered of a member', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.terms.push({ program, version: 'v1', effectiveFrom: at, timeZone: 'UTC', approvalAbove: 1 });
    ledger.tell({ kind: 'tier', program, course });
    ledger.tell(rating('p', '2026-01-01', 100));
    ledger.tell(returning('b', '2026-01-10', { p: 5 }));
    ledger.tell(redeeming(5));
    ledger.tell(reserving);
    ledger.tell({ kind: 'capture', reservation: 'v' });
    ledger.tell({ kind: 'adjust', id: 'a', points: 50, reason: 'x', expiresAt: null });
    ledger.tell({ kind: 'approve', request: 'a', by: 'ben' });
    ledger.tell({ kind: 'send', id: 't', points: 5, from: 'ann', to: 'bob' });
    let state: MemberState = fullState();
    const growing = ledger.recorded.map((event) => {
      const { weight } = state;
      state = evolve(state, { ...event, data: JSON.stringify(event.data) });
      return [event.type, state.weight > weight];
    });
    expect(growing).toEqual([
      ['tier.learned.v1', true],
      ['points.earned.v1', true],
      ['points.reversed.v1', true],
      ['points.redeemed.v1', true],
      ['points.reserved.v1', true],
      ['points.captured.v1', true],
      ['adjustment.requested.v1', true],
      ['points.adjusted.v1', true],
      ['points.sent.v1', true],
    ]);
  });

  it('is not changed by terms', () => {
    const state = fullState();
    const terms = { type: 'terms.learned.v1', time: 0, data: JSON.stringify({ program }) };
    expect(evolve(state, terms)).toEqual(fullState());
  });

  it.each<[string, object, string]>([
    ['points.undone.v1', { redemption: 'r', points: 1, allocations: [] }, 'no redemption r to undo'],
    ['points.voided.v1', { reservation: 'v', points: 1, released: [] }, 'no open reservation v'],
    ['points.invented.v1', {}, 'not an event of the points ledger: points.invented.v1'],
  ])('cannot follow %s of what never was', (type, data, message) => {
    const event = { type, time: 0, data: { program, at, postings, ...data } } as unknown as PointsEvent;
    expect(() => apply(fullState(), event)).toThrow(message);
  });

  it('cannot follow a reservation that is given up twice', () => {
    const ledger = new Scenario().on('2026-02-01');
    ledger.tell(rating('p', '2026-01-01', 100));
    ledger.tell(reserving);
    ledger.tell({ kind: 'void', reservation: 'v' });
    const state = fullState();
    for (const event of ledger.events) apply(state, event);
    expect(() => apply(state, ledger.events.at(-1) as PointsEvent)).toThrow('no open reservation v');
  });
});
