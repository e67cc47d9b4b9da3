import type { PointsReceived, PointsSent } from '@loyalty/contracts';
import type { PointsInput } from './input.ts';
import { rating, Scenario } from './scenario.fixture.ts';

/** What entries say besides where points moved. */
const program = 'club';
const reference = 'till-3/9001';
const NEVER = '9999-01-01';
const terms = {
  program,
  version: 'v1',
  effectiveFrom: '2000-01-01T00:00:00.000Z',
  timeZone: 'UTC',
  undoExpired: 'P30D',
};

function earned(): Scenario {
  const ledger = new Scenario().on('2026-01-02');
  ledger.tell(rating('p', '2026-01-01', 100, { expiresAt: '2026-02-01T00:00:00.000Z' }));
  ledger.tell({ kind: 'redeem', id: 'spent', points: 10, program });
  ledger.tell({ kind: 'reserve', id: 'basket', points: 10, program });
  return ledger;
}

describe.each<PointsInput>([
  { kind: 'redeem', id: 'r', points: 5, program },
  { kind: 'reserve', id: 'b', points: 5, program },
  { kind: 'capture', reservation: 'basket' },
  { kind: 'undo', id: 'u', redemption: 'spent' },
  { kind: 'send', id: 's', points: 5, from: 'ann', to: 'bob', program },
  { kind: 'adjust', id: 'a', points: 5, program, reason: 'goodwill', expiresAt: null },
  { kind: 'adjust', id: 'a', points: -5, program, reason: 'goodwill' },
])('an entry of %j', (input) => {
  it('bears the reference that was given', () => {
    const ledger = earned();
    ledger.tell({ ...input, reference } as PointsInput);
    expect(ledger.events.at(-1)?.data).toMatchObject({ reference });
  });

  it('bears none where none was given', () => {
    const ledger = earned();
    ledger.tell(input);
    expect('reference' in (ledger.events.at(-1)?.data as object)).toBe(false);
  });
});

it('of an adjustment says why, by whom and with whose approval', () => {
  const ledger = new Scenario().on('2026-01-02');
  ledger.terms.push({ ...terms, approvalAbove: 10 });
  ledger.tell({ kind: 'adjust', id: 'a', points: 50, program, reason: 'prize', expiresAt: null, by: 'ann', reference });
  expect(ledger.recorded.at(-1)?.data).toEqual({
    program,
    at: '2026-01-02T00:00:00.000Z',
    postings: [],
    request: 'a',
    points: 50,
    reason: 'prize',
    reference,
    expiresAt: null,
    by: 'ann',
    until: '2026-02-01T00:00:00.000Z',
  });
  ledger.tell({ kind: 'approve', request: 'a', by: 'ben' });
  expect(ledger.events.at(-1)?.data).toEqual({
    program,
    at: '2026-01-02T00:00:00.000Z',
    postings: [
      { lot: '/adjustment/a', bucket: 'issued', points: -50 },
      { lot: '/adjustment/a', bucket: 'held', points: 50 },
    ],
    activeFrom: '2026-01-02T00:00:00.000Z',
    expiresAt: null,
    lot: '/adjustment/a',
    points: 50,
    reason: 'prize',
    reference,
    by: 'ann',
    approvedBy: 'ben',
    request: 'a',
  });
});

describe('a request', () => {
  const asking = (points: number, more: object = {}): PointsInput => ({
    kind: 'adjust',
    id: 'a',
    points,
    program,
    reason: 'prize',
    expiresAt: null,
    ...more,
  });
  const club = (more: object = {}): Scenario => {
    const ledger = new Scenario().on('2026-01-02');
    ledger.terms.push({ ...terms, approvalAbove: 10, ...more });
    return ledger;
  };

  it('is needed above the limit, not at it, whichever way points go', () => {
    expect(club().tell(asking(10))).toMatchObject({ answer: { points: 10, lots: [{ points: 10 }], spendable: 10 } });
    const ledger = club();
    expect(ledger.tell(asking(11))).toEqual({
      events: [],
      answer: {
        program,
        id: 'a',
        points: 11,
        lots: [],
        spendable: 0,
        approval: 'open',
        until: '2026-02-01T00:00:00.000Z',
      },
    });
    expect(ledger.recorded[0]?.data).toMatchObject({ by: 'system', expiresAt: null });
    expect(ledger.recorded[0]?.data).not.toHaveProperty('reference');
    ledger.tell({ kind: 'adjust', id: 'b', points: 10, program, reason: 'x', expiresAt: null });
    ledger.tell(rating('p', '2026-01-01', 10));
    expect(ledger.tell({ kind: 'adjust', id: 'c', points: -11, program, reason: 'x' })).toMatchObject({
      answer: { approval: 'open', spendable: 20 },
    });
    expect(() => club({ approvalWithin: 'soon' }).tell(asking(11))).toThrow('not a period: soon');
  });

  it('that is approved is made with the dates that were asked for, once', () => {
    const ledger = club();
    ledger.tell(asking(50, { expiresAt: Date.parse('2026-06-01T00:00:00Z'), reference }));
    expect(ledger.recorded[0]?.data).toMatchObject({ expiresAt: '2026-06-01T00:00:00.000Z' });
    const approved = ledger.tell({ kind: 'approve', request: 'a', by: 'ben' });
    const answer = {
      program,
      id: 'a',
      points: 50,
      lots: [{ lot: '/adjustment/a', points: 50 }],
      spendable: 50,
      approval: 'approved',
    };
    expect(approved).toMatchObject({ answer });
    expect(ledger.events[0]?.data).toMatchObject({ expiresAt: '2026-06-01T00:00:00.000Z', reference });
    expect(ledger.tell({ kind: 'approve', request: 'a', by: 'cas' })).toEqual({ events: [], answer });
    const taken = club();
    taken.tell(rating('p', '2026-01-01', 50));
    taken.tell(asking(-20));
    taken.tell({ kind: 'approve', request: 'a', by: 'ben' });
    expect(taken.tell({ kind: 'approve', request: 'a', by: 'ben' })).toMatchObject({
      answer: { lots: [{ lot: 'shop/p', points: 20 }], spendable: 30 },
    });
    expect(taken.events.at(-1)?.data).not.toHaveProperty('reference');
  });

  it('that is refused says by whom and why, once', () => {
    const ledger = club();
    ledger.tell(asking(50));
    const told = ledger.tell({ kind: 'refuse', request: 'a', by: 'ben', reason: 'no' });
    const answer = { program, id: 'a', points: 50, lots: [], spendable: 0, approval: 'refused' };
    expect(told).toEqual({ events: [], answer });
    expect(ledger.recorded[1]).toEqual({
      type: 'adjustment.refused.v1',
      time: Date.parse('2026-01-02T00:00:00Z'),
      data: {
        program,
        at: '2026-01-02T00:00:00.000Z',
        postings: [],
        request: 'a',
        points: 50,
        by: 'ben',
        reason: 'no',
      },
    });
    expect(ledger.tell({ kind: 'refuse', request: 'a', by: 'cas' })).toEqual({ events: [], answer });
    expect(ledger.recorded).toHaveLength(2);
    const silent = club();
    silent.tell(asking(50));
    silent.tell({ kind: 'refuse', request: 'a', by: 'ben' });
    expect(silent.recorded[1]?.data).not.toHaveProperty('reason');
  });

  it('that cannot be done is refused at once, and stays open where it cannot be done when it is approved', () => {
    expect(club().tell(asking(-20))).toMatchObject({ refusal: { code: 'insufficient_points' } });
    const ledger = club();
    ledger.tell(rating('p', '2026-01-01', 50));
    ledger.tell(asking(-20));
    ledger.tell({ kind: 'redeem', id: 'r', points: 40, program });
    expect(ledger.tell({ kind: 'approve', request: 'a', by: 'ben' })).toMatchObject({
      refusal: { code: 'insufficient_points' },
    });
    ledger.tell({ kind: 'undo', id: 'u', redemption: 'r' });
    expect(ledger.tell({ kind: 'approve', request: 'a', by: 'ben' })).toMatchObject({
      answer: { approval: 'approved' },
    });
  });
});

it('of a withdrawal says from which lots, and opens none', () => {
  const ledger = earned();
  ledger.tell({ kind: 'adjust', id: 'a', points: -5, program, reason: 'mistake' });
  expect(ledger.events.at(-1)?.data).toEqual({
    program,
    at: '2026-01-02T00:00:00.000Z',
    postings: [
      { lot: 'shop/p', bucket: 'held', points: -5 },
      { lot: 'shop/p', bucket: 'reversed', points: 5 },
    ],
    activeFrom: '2026-01-02T00:00:00.000Z',
    expiresAt: null,
    lot: '/adjustment/a',
    points: -5,
    reason: 'mistake',
    allocations: [{ lot: 'shop/p', points: 5 }],
  });
});

it('of a revived lot says where it comes from, and who earned it where that was somebody else', () => {
  const ledger = earned();
  ledger.terms.push(terms);
  const bob = new Scenario().on('2026-01-02');
  bob.terms.push(terms);
  ledger.tell({ kind: 'send', id: 's', points: 20, from: 'ann', to: 'bob', program, reference });
  bob.tell({ kind: 'receive', from: 'ann', sent: ledger.events.at(-1)?.data as PointsSent });
  const received = bob.events.at(-1)?.data as PointsReceived;
  expect(received).toMatchObject({
    reference,
    from: { member: 'ann', lot: 'shop/p' },
    earned: { member: 'ann', lot: 'shop/p' },
  });
  bob.tell({ kind: 'redeem', id: 'r', points: 20, program });
  for (const [who, redemption] of [
    [ledger, 'spent'],
    [bob, 'r'],
  ] as const) {
    who.on('2026-03-01').tell({ kind: 'undo', id: 'u', redemption });
  }
  const own = { lot: '/undo/u/1', activeFrom: '2026-03-01T00:00:00.000Z', expiresAt: '2026-03-31T00:00:00.000Z' };
  expect(ledger.events.at(-1)?.data).toEqual({
    program,
    at: '2026-03-01T00:00:00.000Z',
    postings: [
      { lot: '/undo/u/1', bucket: 'received', points: -10 },
      { lot: '/undo/u/1', bucket: 'held', points: 10 },
    ],
    points: 10,
    ...own,
    transfer: 'u',
    from: { lot: 'shop/p' },
  });
  expect(bob.events.at(-1)?.data).toMatchObject({
    ...own,
    points: 20,
    from: { lot: '/transfer/s/1' },
    earned: { member: 'ann', lot: 'shop/p' },
  });
});

it('of an undo names what lives on only where something does', () => {
  const ledger = earned();
  ledger.terms.push(terms);
  ledger.tell({ kind: 'undo', id: 'u', redemption: 'spent' });
  expect('revived' in (ledger.events.at(-1)?.data as object)).toBe(false);
});

it('are in the order of their moments', () => {
  const ledger = new Scenario().on('2026-01-01');
  for (const [id, end] of [
    ['c', '04'],
    ['a', '02'],
    ['b', '03'],
  ] as const) {
    ledger.tell(rating(id, '2026-01-01', 10, { expiresAt: `2026-01-${end}T00:00:00.000Z` }));
  }
  ledger.tell({ kind: 'reserve', id: 'r', points: 5, program, ttl: 'PT60H' });
  ledger.on(NEVER).tell({ kind: 'settle' });
  const due = ledger.events.slice(4).map(({ type, data }) => [type.split('.')[1], data.at.slice(0, 10)]);
  expect(due).toEqual([
    ['expired', '2026-01-02'],
    ['expired', '2026-01-03'],
    ['released', '2026-01-03'],
    ['expired', '2026-01-04'],
  ]);
});
