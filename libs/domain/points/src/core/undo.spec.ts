import type { PointsInput } from './input.ts';
import { rating, redeeming, returning, Scenario } from './scenario.fixture.ts';

const between = (id: string, at: string, points: number, activeFrom: string, expiresAt: string) =>
  rating(id, at, points, { activeFrom: `${activeFrom}T00:00:00.000Z`, expiresAt: `${expiresAt}T00:00:00.000Z` });

const undoing = (points?: number, redemption = 'r', id = 'u'): PointsInput => {
  const input = { kind: 'undo' as const, id, redemption };
  return points === undefined ? input : { ...input, points };
};

const EXPIRED = { lot: 'shop/first', bucket: 'expired', points: 60 };

/** 100 redeemed on 1 February: 60 of a lot that expires on 1 June, 40 of one that expires on 1 July. */
const redeemed = () => {
  const ledger = new Scenario().on('2026-02-01');
  ledger.tell(between('first', '2026-01-01', 60, '2026-01-01', '2026-06-01'));
  ledger.tell(between('later', '2026-01-02', 60, '2026-01-02', '2026-07-01'));
  ledger.tell(redeeming(100));
  return ledger;
};

describe('an undone redemption', () => {
  it('gives points back to their lots, those that burned last first, with their own expiry', () => {
    const ledger = redeemed();
    expect(ledger.tell(undoing(50))).toMatchObject({
      answer: {
        id: 'u',
        points: 50,
        left: 50,
        spendable: 70,
        lots: [
          { lot: 'shop/later', points: 40 },
          { lot: 'shop/first', points: 10 },
        ],
      },
    });
    expect(ledger.lots()).toEqual({
      'shop/first': { issued: 60, active: 10, spent: 50 },
      'shop/later': { issued: 60, active: 60 },
    });
    expect(ledger.balance('2026-06-01')).toEqual({ issued: 120, active: 60, spent: 50, expired: 10 });
  });

  it('may be undone in any number of parts, never more than was redeemed', () => {
    const ledger = redeemed();
    ledger.tell(undoing(30, 'r', 'u1'));
    ledger.tell(undoing(30, 'r', 'u2'));
    expect(ledger.tell(undoing(41, 'r', 'u3'))).toMatchObject({
      refusal: { code: 'more_than_redeemed', details: { points: 41, left: 40 } },
    });
    expect(ledger.tell(undoing(undefined, 'r', 'u4'))).toMatchObject({ answer: { points: 40, left: 0 } });
    expect(ledger.balance()).toEqual({ issued: 120, active: 120 });
    expect(ledger.tell(undoing(1, 'r', 'u5'))).toMatchObject({ refusal: { code: 'already_undone' } });
  });

  it('can be spent again', () => {
    const ledger = redeemed();
    ledger.tell(undoing());
    expect(ledger.tell(redeeming(120, 'again'))).toMatchObject({ answer: { spendable: 0 } });
    expect(ledger.balance('2026-02-01T00:00:00Z')).toEqual({ issued: 120, spent: 120 });
  });

  it('loses in the same instant what falls into an expired lot', () => {
    const ledger = redeemed().on('2026-06-15');
    expect(ledger.tell(undoing())).toMatchObject({ answer: { points: 100, spendable: 60 } });
    expect(ledger.balance()).toEqual({ issued: 120, active: 60, expired: 60 });
    expect(ledger.balance('2026-06-14')).toEqual({ issued: 120, active: 20, spent: 100 });
  });

  it('loses it in the very instant of the expiry too, with one entry', () => {
    const ledger = redeemed().on('2026-06-01');
    expect(ledger.tell(undoing())).toMatchObject({
      events: [{ type: 'points.undone.v1', data: { postings: expect.arrayContaining([EXPIRED]) as unknown } }],
    });
  });

  it.each(['PT0S', 'P-1D', 'soon'])('loses it where undoExpired is %s', (undoExpired) => {
    const ledger = redeemed().on('2026-06-15');
    const version = { program: 'club', version: 'v1', effectiveFrom: '2026-01-01T00:00:00.000Z', timeZone: 'UTC' };
    ledger.terms.push({ ...version, undoExpired });
    ledger.tell(undoing());
    expect(ledger.balance()).toEqual({ issued: 120, active: 60, expired: 60 });
  });

  it("lives on for the program's undoExpired in a lot of its own", () => {
    const ledger = redeemed().on('2026-06-15');
    const version = { program: 'club', version: 'v1', effectiveFrom: '2026-01-01T00:00:00.000Z', timeZone: 'UTC' };
    ledger.terms.push({ ...version, undoExpired: 'P30D' });
    expect(ledger.tell(undoing())).toMatchObject({ answer: { points: 100, spendable: 120 } });
    expect(ledger.lots()).toEqual({
      'shop/first': { issued: 60, sent: 60 },
      'shop/later': { issued: 60, active: 60 },
      '/undo/u/1': { received: 60, active: 60 },
    });
    expect(ledger.balance('2026-07-15')).toEqual({ issued: 120, received: 60, sent: 60, expired: 120 });
  });

  it('may be a captured reservation, by its name', () => {
    const ledger = redeemed();
    ledger.tell({ kind: 'reserve', id: 'v', points: 20 });
    ledger.tell({ kind: 'capture', reservation: 'v', points: 15 });
    expect(ledger.tell(undoing(undefined, 'v'))).toMatchObject({ answer: { points: 15, spendable: 20 } });
  });

  it('repays nothing that is owed (RULES 7), yet what is owed weighs on what can be spent', () => {
    const ledger = redeemed();
    ledger.tell(returning('r1', '2026-02-01', { first: 60 }));
    expect(ledger.balance()).toEqual({ issued: 120, active: 20, spent: 100, reversed: 60, owed: 60 });
    ledger.on('2026-02-02');
    expect(ledger.tell(undoing())).toMatchObject({ answer: { spendable: 60 } });
    expect(ledger.balance()).toEqual({ issued: 120, active: 120, reversed: 60, owed: 60 });
    ledger.tell(returning('r1', '2026-02-01', { first: 0 }));
    expect(ledger.balance()).toEqual({ issued: 120, active: 120 });
  });

  it('before a return is there for the return to take', () => {
    const ledger = redeemed();
    ledger.tell(undoing());
    ledger.on('2026-03-01').tell(returning('r1', '2026-03-01', { first: 60 }));
    expect(ledger.balance()).toEqual({ issued: 120, active: 60, reversed: 60 });
  });

  it.each([
    [undoing(1, 'nobody'), 'unknown_redemption'],
    [undoing(0), 'invalid_points'],
    [undoing(-1), 'invalid_points'],
    [undoing(1.5), 'invalid_points'],
    [undoing(2 ** 53), 'invalid_points'],
  ])('asked for as %j is refused: %s', (input, code) => {
    expect(redeemed().tell(input)).toMatchObject({ refusal: { code } });
  });
});
