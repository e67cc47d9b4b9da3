import type { PointsSent } from '@loyalty/contracts';
import type { PointsInput, Receive, Send } from './input.ts';
import { rating, redeeming, returning, Scenario } from './scenario.fixture.ts';

const until = (at: string) => ({ expiresAt: `${at}T00:00:00.000Z` });
const sending = (points: number, id = 't', from = 'ann', to = 'bob'): PointsInput => ({
  kind: 'send',
  id,
  points,
  from,
  to,
});

/** What the receiver is told of the sender's last entry. */
const arrivalOf = (ledger: Scenario, from = 'ann'): Receive => ({
  kind: 'receive',
  from,
  sent: ledger.events.findLast(({ type }) => type === 'points.sent.v1')?.data as PointsSent,
});

const ann = () => {
  const ledger = new Scenario().on('2026-02-01');
  ledger.tell(rating('first', '2026-01-01', 60, until('2026-06-01')));
  ledger.tell(rating('later', '2026-01-02', 60, until('2026-07-01')));
  return ledger;
};

describe('a transfer', () => {
  it('takes active points, earliest expiry first, and opens a lot of the same expiry for each', () => {
    const from = ann();
    expect(from.tell(sending(100))).toMatchObject({ answer: { id: 't', points: 100, spendable: 20 } });
    expect(from.balance()).toEqual({ issued: 120, active: 20, sent: 100 });
    const to = new Scenario().on('2026-02-01T00:00:01Z');
    to.tell(arrivalOf(from));
    expect(to.lots()).toEqual({
      '/transfer/t/1': { received: 60, active: 60 },
      '/transfer/t/2': { received: 40, active: 40 },
    });
    expect(to.balance('2026-01-31')).toEqual({});
    expect(to.balance('2026-06-01')).toEqual({ received: 100, active: 40, expired: 60 });
    expect(to.events[0]?.data).toMatchObject({
      at: '2026-02-01T00:00:00.000Z',
      from: { member: 'ann', lot: 'shop/first' },
      earned: { member: 'ann', lot: 'shop/first' },
    });
  });

  it('told twice arrives once', () => {
    const from = ann();
    from.tell(sending(100));
    const to = new Scenario().on('2026-02-02');
    to.tell(arrivalOf(from));
    expect(to.tell(arrivalOf(from))).toMatchObject({ events: [] });
  });

  it('handed on once more still says who earned the points', () => {
    const from = ann();
    from.tell(sending(60));
    const middle = new Scenario().on('2026-02-02');
    middle.tell(arrivalOf(from));
    middle.tell(sending(60, 't2', 'bob', 'cid'));
    const last = new Scenario().on('2026-02-03');
    last.tell(arrivalOf(middle, 'bob'));
    expect(last.events[0]?.data).toMatchObject({
      lot: '/transfer/t2/1',
      expiresAt: '2026-06-01T00:00:00.000Z',
      from: { member: 'bob', lot: '/transfer/t/1' },
      earned: { member: 'ann', lot: 'shop/first' },
    });
  });

  it('that arrives after the points expired is received and expired', () => {
    const from = ann();
    from.tell(sending(60));
    const to = new Scenario().on('2026-06-02');
    to.tell(arrivalOf(from));
    expect(to.events.map(({ type, data }) => [type, data.at.slice(0, 10)])).toEqual([
      ['points.received.v1', '2026-02-01'],
      ['points.expired.v1', '2026-06-01'],
    ]);
  });

  it('of one balance to twenty at once succeeds once', () => {
    const from = new Scenario().on('2026-02-01');
    from.tell(rating('p1', '2026-01-01', 100));
    const outcomes = Array.from({ length: 20 }, (_, i) => from.tell(sending(100, `t${i}`, 'ann', `friend-${i}`)));
    expect(outcomes.filter((outcome) => !('refusal' in outcome))).toHaveLength(1);
    expect(from.balance()).toEqual({ issued: 100, sent: 100 });
  });

  it.each([
    [sending(121), 'insufficient_points'],
    [sending(0), 'invalid_points'],
    [sending(-1), 'invalid_points'],
    [sending(0.5), 'invalid_points'],
    [sending(2 ** 53), 'invalid_points'],
    [sending(1, 't', 'ann', 'ann'), 'transfer_to_self'],
  ])('asked for as %j is refused: %s', (input, code) => {
    expect(ann().tell(input)).toMatchObject({ refusal: { code } });
  });

  it('goes to a receiver who has room for exactly that, and to one with room in that program', () => {
    const rooms = { club: 100, other: 0 };
    expect(ann().tell({ ...(sending(100) as Send), rooms })).toMatchObject({ answer: { points: 100 } });
    expect(ann().tell({ ...(sending(101) as Send), rooms })).toMatchObject({ refusal: { code: 'receiver_full' } });
  });

  it('takes neither pending nor reserved points', () => {
    const from = ann();
    from.tell({ kind: 'reserve', id: 'v', points: 100 });
    from.tell(rating('new', '2026-02-01', 50, { activeFrom: '2026-02-14T00:00:00.000Z' }));
    expect(from.tell(sending(21))).toMatchObject({ refusal: { details: { spendable: 20 } } });
  });
});

describe('a return of points that were sent', () => {
  it.each(['owe', 'otherLots', 'waive'] as const)('is owed by whoever earned them, with the policy %s', (shortfall) => {
    const from = new Scenario().on('2026-02-01');
    from.tell(rating('p1', '2026-01-01', 100, { ...until('2026-06-01'), shortfall }));
    from.tell(rating('p2', '2026-01-02', 30, { ...until('2026-07-01'), shortfall }));
    from.tell(sending(80));
    from.tell(returning('r1', '2026-02-01', { p1: 70 }));
    expect(from.balance()).toEqual({ issued: 130, active: 30, reversed: 70, sent: 80, owed: 50 });
  });

  it('and of spent ones: what was sent counts first, the rest follows the policy', () => {
    const from = new Scenario().on('2026-02-01');
    from.tell(rating('p1', '2026-01-01', 100, { shortfall: 'waive' }));
    from.tell(redeeming(70));
    from.tell(sending(30));
    from.tell(returning('r1', '2026-02-01', { p1: 50 }));
    expect(from.balance()).toEqual({ issued: 100, spent: 70, reversed: 30, sent: 30, owed: 30 });
  });

  it('leaves the receiver alone', () => {
    const from = ann();
    from.tell(sending(60));
    const to = new Scenario().on('2026-02-01');
    to.tell(arrivalOf(from));
    from.tell(returning('r1', '2026-02-01', { first: 60 }));
    from.tell(rating('first', '2026-01-01', 0, until('2026-06-01'), false));
    expect(from.balance()).toMatchObject({ sent: 60, owed: 120 });
    expect(to.balance()).toEqual({ received: 60, active: 60 });
  });
});
