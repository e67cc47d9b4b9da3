import type { PointsInput } from './input.ts';
import { instantOf, rating, redeeming, returning, Scenario } from './scenario.fixture.ts';

const between = (id: string, at: string, points: number, activeFrom: string, expiresAt: string) =>
  rating(id, at, points, { activeFrom: `${activeFrom}T00:00:00.000Z`, expiresAt: `${expiresAt}T00:00:00.000Z` });

const reserving = (points: number, ttl = 'P1D', id = 'v'): PointsInput => ({ kind: 'reserve', id, points, ttl });
const capturing = (points?: number, reservation = 'v'): PointsInput =>
  points === undefined ? { kind: 'capture', reservation } : { kind: 'capture', reservation, points };
const voiding: PointsInput = { kind: 'void', reservation: 'v' };
const types = (scenario: Scenario) => scenario.events.map((event) => event.type.split('.')[1]);

const lots = () => {
  const ledger = new Scenario().on('2026-02-01');
  ledger.tell(between('first', '2026-01-01', 60, '2026-01-01', '2026-06-01'));
  ledger.tell(between('later', '2026-01-02', 60, '2026-01-02', '2026-07-01'));
  return ledger;
};

describe('a reservation', () => {
  it('takes the earliest expiry first and leaves the rest to spend', () => {
    const ledger = lots();
    const allocations = [
      { lot: 'shop/first', points: 60 },
      { lot: 'shop/later', points: 40 },
    ];
    expect(ledger.tell(reserving(100))).toMatchObject({
      answer: { id: 'v', points: 100, lots: allocations, spendable: 20, until: '2026-02-02T00:00:00.000Z' },
    });
    expect(ledger.balance()).toEqual({ issued: 120, active: 20, reserved: 100 });
    expect(ledger.tell(redeeming(21))).toMatchObject({ refusal: { code: 'insufficient_points' } });
  });

  it('frees its points in the very instant of its end, with no entry', () => {
    const ledger = lots();
    ledger.tell(reserving(100));
    expect(ledger.balance('2026-02-01T23:59:59.999Z')).toEqual({ issued: 120, active: 20, reserved: 100 });
    expect(ledger.balance('2026-02-02')).toEqual({ issued: 120, active: 120 });
    ledger.on('2026-02-02').tell(redeeming(120));
    expect(types(ledger).slice(2)).toEqual(['reserved', 'released', 'redeemed']);
    expect(ledger.events[3]?.data).toMatchObject({ reservation: 'v', at: '2026-02-02T00:00:00.000Z', points: 100 });
    expect(ledger.balance()).toEqual({ issued: 120, spent: 120 });
  });

  it.each([
    [{ reservationTtl: 'PT30M' }, '2026-02-01T00:30:00.000Z'],
    [{}, '2026-02-01T00:15:00.000Z'],
  ])('lasts as long as the program says: %j', (more, until) => {
    const ledger = lots();
    ledger.terms.push({
      program: 'club',
      version: 'v1',
      effectiveFrom: '2026-01-01T00:00:00.000Z',
      timeZone: 'UTC',
      ...more,
    });
    expect(ledger.tell({ kind: 'reserve', id: 'v', points: 1 })).toMatchObject({ answer: { until } });
  });

  it.each(['P31D', 'PT0S', 'P-1D', '15', ''])('of %p is refused', (ttl) => {
    expect(lots().tell(reserving(1, ttl))).toMatchObject({ refusal: { code: 'invalid_ttl', pointer: '/ttl' } });
  });

  it('lasts for 30 days at most where that is asked, for longer only by the program', () => {
    expect(lots().tell(reserving(1, 'P30D'))).toMatchObject({ answer: { until: '2026-03-03T00:00:00.000Z' } });
    const ledger = lots();
    const version = { program: 'club', version: 'v1', effectiveFrom: '2026-01-01T00:00:00.000Z', timeZone: 'UTC' };
    ledger.terms.push({ ...version, reservationTtl: 'P40D', currency: 'CNY' });
    const asked: PointsInput = { kind: 'reserve', id: 'v', points: 1 };
    expect(ledger.tell({ ...asked, currency: 'GBP' })).toMatchObject({ refusal: { code: 'wrong_currency' } });
    expect(ledger.tell(asked)).toMatchObject({ answer: { until: '2026-03-13T00:00:00.000Z' } });
  });

  it.each([0, -5, 1.5, 2 ** 53, Number.NaN])('of %p points is refused', (points) => {
    expect(lots().tell(reserving(points))).toMatchObject({ refusal: { code: 'invalid_points' } });
  });

  it('does not let its points expire; released after their expiry they expire at release', () => {
    const ledger = lots().on('2026-05-31T12:00:00Z');
    ledger.tell(reserving(80, 'P2D'));
    expect(ledger.balance('2026-06-01')).toEqual({ issued: 120, active: 40, reserved: 80 });
    ledger.on('2026-06-01').tell({ kind: 'settle' });
    expect(types(ledger)).toEqual(['earned', 'earned', 'reserved']);
    ledger.on('2026-06-10').tell({ kind: 'settle' });
    expect(types(ledger).slice(3)).toEqual(['released']);
    expect(ledger.events[3]?.data).toMatchObject({
      at: '2026-06-02T12:00:00.000Z',
      postings: [
        { lot: 'shop/first', bucket: 'reserved', points: -60 },
        { lot: 'shop/first', bucket: 'expired', points: 60 },
        { lot: 'shop/later', bucket: 'reserved', points: -20 },
        { lot: 'shop/later', bucket: 'held', points: 20 },
      ],
    });
    expect(ledger.balance('2026-06-02')).toEqual({ issued: 120, active: 40, reserved: 80 });
    expect(ledger.balance()).toEqual({ issued: 120, active: 60, expired: 60 });
  });

  it('is written as ended when it ends, not with those that end later', () => {
    const ledger = lots();
    for (const [id, ttl] of [
      ['v', 'P1D'],
      ['w', 'P3D'],
      ['x', 'P3D'],
      ['y', 'P2D'],
    ] as const) {
      ledger.tell(reserving(10, ttl, id));
    }
    const ended = (at: string) => {
      const told = ledger.on(at).tell({ kind: 'settle' });
      return 'events' in told && told.events.map(({ data }) => (data as { reservation?: string }).reservation);
    };
    expect([ended('2026-02-02'), ended('2026-02-03'), ended('2026-02-10')]).toEqual([['v'], ['y'], ['w', 'x']]);
  });

  it('that ends in the very instant of their expiry lets them expire with the same entry', () => {
    const ledger = lots();
    ledger.on('2026-05-31').tell(reserving(60));
    expect(ledger.on('2026-06-10').tell({ kind: 'settle' })).toMatchObject({
      events: [{ type: 'points.released.v1', data: { postings: [{ bucket: 'reserved' }, { bucket: 'expired' }] } }],
    });
  });

  it('that ended before its points expired lets them expire at their own date', () => {
    const ledger = lots();
    ledger.tell(reserving(60));
    ledger.on('2026-06-10').tell({ kind: 'settle' });
    expect(ledger.events.slice(3).map(({ type, data }) => [type, data.at.slice(0, 10)])).toEqual([
      ['points.released.v1', '2026-02-02'],
      ['points.expired.v1', '2026-06-01'],
    ]);
  });
});

describe('a capture', () => {
  it('of all spends what is reserved, also after the points would have expired', () => {
    const ledger = lots().on('2026-05-31T12:00:00Z');
    ledger.tell(reserving(80, 'P2D'));
    ledger.on('2026-06-01T12:00:00Z');
    expect(ledger.tell(capturing())).toMatchObject({ answer: { id: 'v', points: 80, released: 0, spendable: 40 } });
    expect(ledger.balance()).toEqual({ issued: 120, active: 40, spent: 80 });
  });

  it('of a part spends what burns first and releases the rest', () => {
    const ledger = lots();
    ledger.tell(reserving(100));
    expect(ledger.tell(capturing(70))).toMatchObject({
      answer: { points: 70, released: 30, spendable: 50, lots: [{ points: 60 }, { lot: 'shop/later', points: 10 }] },
    });
    expect(ledger.lots()).toEqual({
      'shop/first': { issued: 60, spent: 60 },
      'shop/later': { issued: 60, active: 50, spent: 10 },
    });
    expect(ledger.balance('2026-02-03')).toEqual({ issued: 120, active: 50, spent: 70 });
  });

  it('of just what a lot gave releases what the others gave, and nothing of that one', () => {
    const ledger = lots();
    ledger.tell(reserving(100));
    ledger.tell(capturing(60));
    expect(ledger.events.at(-1)?.data).toMatchObject({
      allocations: [{ lot: 'shop/first', points: 60 }],
      released: [{ lot: 'shop/later', points: 40 }],
    });
  });

  it.each<[string, PointsInput[], PointsInput, string]>([
    ['of what nobody reserved', [], capturing(1, 'other'), 'unknown_reservation'],
    ['of a captured one', [capturing(10)], capturing(10), 'reservation_captured'],
    ['of a voided one', [voiding], capturing(10), 'reservation_voided'],
    ['of more than is reserved', [], capturing(101), 'more_than_reserved'],
    ['of nothing', [], capturing(0), 'invalid_points'],
    ['of a fraction', [], capturing(0.5), 'invalid_points'],
    ['of too large a number', [], capturing(2 ** 53), 'invalid_points'],
  ])('%s is refused', (_name, before, input, code) => {
    const ledger = lots();
    ledger.tell(reserving(100));
    for (const one of before) ledger.tell(one);
    expect(ledger.tell(input)).toMatchObject({ refusal: { code } });
  });

  it.each([false, true])('after the end is refused with the instant of the end (written: %p)', (swept) => {
    const ledger = lots();
    ledger.tell(reserving(100));
    ledger.on('2026-02-02');
    if (swept) ledger.tell({ kind: 'settle' });
    const refusal = { code: 'reservation_expired', details: { until: '2026-02-02T00:00:00.000Z' } };
    expect(ledger.tell(capturing())).toMatchObject({ refusal });
    expect(ledger.tell(voiding)).toMatchObject({ refusal });
  });
});

describe('a void', () => {
  it('gives everything back to its lots', () => {
    const ledger = lots();
    ledger.tell(reserving(100));
    expect(ledger.tell(voiding)).toMatchObject({ answer: { points: 100, released: 100, spendable: 120 } });
    expect(ledger.balance('2026-02-05')).toEqual({ issued: 120, active: 120 });
    expect(ledger.tell(voiding)).toMatchObject({ refusal: { code: 'reservation_voided' } });
  });
});

it('given up in the very instant in which its points expire leaves none of them to spend', () => {
  const ledger = lots().on('2026-05-31T12:00:00Z');
  ledger.tell(reserving(60));
  expect(ledger.on('2026-06-01').tell(voiding)).toMatchObject({ answer: { released: 60, spendable: 60 } });
});

describe('a return of what is reserved', () => {
  it('never breaks the reservation: what is missing is owed, and what is released later repays nothing', () => {
    const ledger = lots();
    ledger.tell(reserving(60));
    ledger.tell(returning('r1', '2026-02-01', { first: 50 }));
    expect(ledger.balance()).toEqual({ issued: 120, active: 60, reserved: 60, reversed: 50, owed: 50 });
    expect(ledger.balance('2026-02-03')).toEqual({ issued: 120, active: 120, reversed: 50, owed: 50 });
    expect(ledger.on('2026-02-03').tell(redeeming(71))).toMatchObject({ refusal: { details: { spendable: 70 } } });
    ledger.tell(rating('more', '2026-02-03', 50));
    expect(ledger.balance()).toEqual({ issued: 170, active: 120, reversed: 50 });
  });

  it('that arrives late is judged by what was reserved at its own time', () => {
    const early = lots();
    early.tell(reserving(60));
    early.on('2026-02-01T12:00:00Z').tell(returning('r1', '2026-02-01T06:00:00Z', { first: 50 }));
    const late = lots();
    late.tell(reserving(60));
    late.on('2026-02-10').tell(returning('r1', '2026-02-01T06:00:00Z', { first: 50 }));
    for (const at of ['2026-02-01T07:00:00Z', '2026-02-03', '2026-02-10'].map(instantOf)) {
      expect(late.lots(at)).toEqual(early.lots(at));
    }
  });
});
