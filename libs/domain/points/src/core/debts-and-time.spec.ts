import { balanceAt, spendable } from './balance.ts';
import { rating, redeeming, returning, Scenario } from './scenario.fixture.ts';

const reserving = (id: string, points: number, ttl: string) =>
  ({ kind: 'reserve', id, points, ttl, program: 'club' }) as const;
const waive = { shortfall: 'waive' } as const;

/** `written` of the wallet as far as it is not 0. */
const written = (ledger: Scenario) =>
  Object.fromEntries(Object.entries(ledger.wallet().written).filter(([, points]) => points !== 0));

describe('a return dated ahead of the clock', () => {
  const ahead = '2026-01-16T12:00:00.000Z';

  it('takes what a reservation gives back before then, although the policy waives', () => {
    const ledger = new Scenario().on('2026-01-16');
    ledger.tell(rating('a', '2026-01-01', 1, waive));
    ledger.tell(reserving('n1', 1, 'PT1H'));
    ledger.tell(returning('r', ahead, { a: 1 }));
    expect(ledger.balance()).toEqual({ issued: 1, reserved: 1 });
    ledger.on('2026-01-16T02:00:00Z').tell({ kind: 'settle' });
    expect(ledger.events.slice(-2)).toMatchObject([
      { type: 'points.released.v1' },
      {
        type: 'points.reversed.v1',
        time: Date.parse(ahead),
        data: {
          at: ahead,
          lot: 'shop/a',
          points: 0,
          shortfall: -1,
          cause: { source: 'shop', id: 'r' },
          postings: [
            { lot: 'shop/a', bucket: 'held', points: -1 },
            { lot: 'shop/a', bucket: 'reversed', points: 1 },
          ],
        },
      },
    ]);
    expect(ledger.balance()).toEqual({ issued: 1, active: 1 });
    expect(ledger.balance(ahead)).toEqual({ issued: 1, reversed: 1 });
    expect(ledger.tell(redeeming(1))).toMatchObject({ refusal: { code: 'insufficient_points' } });
    ledger.on('2026-06-01').tell({ kind: 'settle' });
    expect(written(ledger)).toEqual({ issued: -1, reversed: 1 });
  });

  it('takes a part, where another reservation outlasts it', () => {
    const ledger = new Scenario().on('2026-01-16');
    ledger.tell(rating('a', '2026-01-01', 10, waive));
    ledger.tell(reserving('n1', 4, 'PT1H'));
    ledger.tell(reserving('n2', 6, 'P3D'));
    ledger.tell(returning('r', ahead, { a: 10 }));
    ledger.on('2026-02-01').tell({ kind: 'settle' });
    expect(ledger.balance()).toEqual({ issued: 10, active: 6, reversed: 4 });
    expect(written(ledger)).toEqual({ issued: -10, held: 6, reversed: 4 });
    expect(ledger.balance('2026-01-16T12:00:00Z')).toEqual({ issued: 10, reserved: 6, reversed: 4 });
  });

  it('takes what a reservation that is given up gives back', () => {
    const ledger = new Scenario().on('2026-01-16');
    ledger.tell(rating('a', '2026-01-01', 3, waive));
    ledger.tell(reserving('n1', 3, 'P3D'));
    ledger.tell(returning('r', ahead, { a: 2 }));
    ledger.on('2026-01-16T02:00:00Z').tell({ kind: 'void', reservation: 'n1' });
    ledger.on('2026-01-17').tell(rating('b', '2026-01-17', 5));
    expect(written(ledger)).toEqual({ issued: -8, held: 6, reversed: 2 });
    ledger.tell(returning('r', ahead, { a: 0 }));
    expect(ledger.balance()).toEqual({ issued: 8, active: 8 });
    expect(written(ledger)).toEqual({ issued: -8, held: 8 });
  });

  it('takes what an undone redemption gives back', () => {
    const ledger = new Scenario().on('2026-01-16');
    ledger.tell(rating('a', '2026-01-01', 10, waive));
    ledger.tell(redeeming(10));
    ledger.tell(returning('r', ahead, { a: 8 }));
    ledger.on('2026-01-16T02:00:00Z').tell({ kind: 'undo', id: 'u', redemption: 'r', points: 9 });
    ledger.tell({ kind: 'settle' });
    expect(ledger.events.at(-1)).toMatchObject({ type: 'points.reversed.v1', data: { points: 0, shortfall: -8 } });
    expect(ledger.balance(ahead)).toEqual({ issued: 10, active: 1, spent: 1, reversed: 8 });
    expect(written(ledger)).toEqual({ issued: -10, held: 1, spent: 1, reversed: 8 });
  });

  it('takes what stayed issued only because it was reserved when its purchase was voided', () => {
    const ledger = new Scenario().on('2026-01-16');
    ledger.tell(rating('a', '2026-01-01', 1, waive));
    ledger.tell(reserving('n1', 1, 'PT1H'));
    ledger.tell(rating('a', '2026-01-01', 0, waive, false));
    ledger.tell(returning('r', ahead, { a: 1 }));
    expect(ledger.balance()).toEqual({ issued: 1, reserved: 1 });
    ledger.on('2026-01-17').tell({ kind: 'settle' });
    expect(ledger.events.at(-1)).toMatchObject({ type: 'points.reversed.v1', data: { points: 0, shortfall: -1 } });
    expect(ledger.balance()).toEqual({});
    expect(written(ledger)).toEqual({});
  });

  it('is named as the cause, of several the last that takes anything', () => {
    const ledger = new Scenario().on('2026-01-16');
    ledger.tell(rating('a', '2026-01-01', 9, waive));
    ledger.tell(reserving('n1', 9, 'PT1H'));
    for (const [id, hour] of [
      ['first', '11'],
      ['last', '13'],
      ['between', '12'],
      ['none', '14'],
    ] as const) {
      ledger.tell(returning(id, `2026-01-16T${hour}:00:00.000Z`, { a: 2 }));
    }
    ledger.tell(returning('none', '2026-01-16T14:00:00.000Z', {}));
    ledger.on('2026-01-17').tell({ kind: 'settle' });
    expect(ledger.events.at(-1)).toMatchObject({
      type: 'points.reversed.v1',
      data: { at: '2026-01-16T13:00:00.000Z', cause: { id: 'last' }, shortfall: -6 },
    });
  });

  it('takes them from what had expired meanwhile', () => {
    const ledger = new Scenario().on('2026-01-16');
    ledger.tell(rating('a', '2026-01-01', 1, { ...waive, expiresAt: '2026-01-16T06:00:00.000Z' }));
    ledger.tell(reserving('n1', 1, 'PT1H'));
    ledger.tell(returning('r', ahead, { a: 1 }));
    ledger.on('2026-02-01').tell({ kind: 'settle' });
    expect(ledger.balance('2026-01-16T07:00:00Z')).toEqual({ issued: 1, expired: 1 });
    expect(ledger.balance()).toEqual({ issued: 1, reversed: 1 });
    expect(written(ledger)).toEqual({ issued: -1, reversed: 1 });
  });
});

it('a return of the very instant in which a redemption is undone takes what that gives back', () => {
  const ledger = new Scenario().on('2026-01-16');
  ledger.tell(rating('a', '2026-01-01', 10, waive));
  ledger.tell(redeeming(10));
  ledger.tell(returning('r', '2026-01-16', { a: 8 }));
  expect(ledger.balance()).toEqual({ issued: 10, spent: 10 });
  ledger.tell({ kind: 'undo', id: 'u', redemption: 'r', points: 9 });
  expect(ledger.balance()).toEqual({ issued: 10, active: 1, spent: 1, reversed: 8 });
});

describe('points that expire by inactivity', () => {
  const idle = (after: string) => ({ expiresAt: null, inactivity: { after, timeZone: 'UTC' } });

  it('paid a debt in the order expected then: a redemption of today does not choose another lot', () => {
    const ledger = new Scenario().on('2026-02-20');
    ledger.tell(rating('owing', '2026-01-01', 15, { expiresAt: '2026-01-21T00:00:00.000Z', shortfall: 'otherLots' }));
    ledger.tell(rating('dated', '2026-01-11', 24, { expiresAt: '2026-02-22T00:00:00.000Z', ...waive }));
    ledger.tell(rating('idling', '2026-01-31', 1, idle('P3W')));
    ledger.tell(returning('r', '2026-02-12', { owing: 21 }));
    const paid = {
      'shop/owing': { issued: 15, reversed: 21, owed: 6 },
      'shop/idling': { issued: 1, owed: -1 },
    };
    expect(ledger.lots()).toEqual({ ...paid, 'shop/dated': { issued: 24, active: 19, owed: -5 } });
    expect(ledger.tell(redeeming(18))).toMatchObject({ answer: { spendable: 1 } });
    expect(ledger.lots()).toEqual({ ...paid, 'shop/dated': { issued: 24, active: 1, spent: 18, owed: -5 } });
    expect(spendable(balanceAt(ledger.wallet(), ledger.now))).toBe(1);
  });

  it('paid a debt in another order, once an earlier purchase turns out to have kept them', () => {
    const ledger = new Scenario().on('2026-02-20');
    ledger.tell(rating('owing', '2026-01-01', 5, { shortfall: 'otherLots' }));
    ledger.tell(redeeming(5, 'spent'));
    ledger.on('2026-03-20');
    ledger.tell(rating('dated', '2026-02-21', 5, { expiresAt: '2026-04-05T00:00:00.000Z' }));
    ledger.tell(rating('idling', '2026-02-22', 5, idle('P30D')));
    ledger.tell(rating('kept', '2026-03-19', 1));
    ledger.tell(returning('r', '2026-03-10', { owing: 5 }));
    expect(ledger.lots()['shop/idling']).toEqual({ issued: 5, owed: -5 });
    ledger.tell(rating('late', '2026-03-09', 1));
    expect(ledger.lots()).toMatchObject({
      'shop/idling': { issued: 5, active: 5 },
      'shop/dated': { issued: 5, owed: -5 },
    });
    expect(written(ledger)).toEqual({ issued: -17, held: 7, spent: 5, reversed: 5 });
    expect(ledger.tell({ kind: 'settle' })).toMatchObject({ events: [] });
  });
});
