import type { RewardTerms, TermsLearned } from '@loyalty/contracts';
import { decide } from './decide.ts';
import type { PointsInput } from './input.ts';
import type { RewardInput } from './reward-input.ts';
import { worthOf } from './money-off.ts';
import { evolveReward, issued, piecesLeft, rewardState } from './reward-state.ts';
import { rating, Scenario } from './scenario.fixture.ts';
import { tierAt, withCourse } from './tier.ts';

const program = 'club';
const member = 'ann';
const now = Date.UTC(2026, 1, 1);
const START = '2026-01-01T00:00:00.000Z';
const termsWith = (...rewards: Partial<RewardTerms>[]): TermsLearned => ({
  program,
  version: 'v1',
  effectiveFrom: START,
  timeZone: 'UTC',
  rewards: rewards.map((reward) => ({ id: 'mug', name: { en: 'Mug' }, points: 10, undone: 'back', ...reward })),
});

/** The pieces of one reward, in memory. */
class Pool {
  readonly state = rewardState();
  readonly types: string[] = [];

  constructor(
    readonly reward: Partial<RewardTerms>,
    readonly name = 'mug',
  ) {}

  tell(input: RewardInput): unknown {
    const told = decide(input, this.state, { now, global: { terms: [termsWith(this.reward)] } });
    if (told.kind === 'refused') return { code: told.refusal.code, kept: told.keep ?? true, refusal: told.refusal };
    if (told.kind !== 'accepted') throw new Error(told.kind);
    for (const { type, time, data } of told.events) {
      this.types.push(type);
      evolveReward(this.state, { type, time, data: JSON.stringify(data) });
    }
    return told.answer?.piece;
  }

  hold = (redemption: string): unknown =>
    this.tell({ kind: 'hold', program, reward: this.name, redemption, member, asked: {} });
  settle = (redemption: string, taken: boolean): unknown =>
    this.tell({ kind: 'settlePiece', program, reward: this.name, redemption, member, taken });
  back = (redemption: string, piece: number): unknown =>
    this.tell({ kind: 'returnPiece', program, reward: this.name, redemption, member, piece, undo: `u-${redemption}` });
  add = (code: string): unknown => this.tell({ kind: 'addCode', program, reward: this.name, code });
  get left(): number {
    return piecesLeft(this.state, this.reward, now);
  }
}

describe('pieces of a reward with stock', () => {
  it('go out by number, come back when their redemption is refused, and are gone when they are', () => {
    const pool = new Pool({ stock: 3 });
    expect([pool.hold('a'), pool.hold('b'), pool.hold('c'), pool.left]).toEqual([1, 2, 3, 0]);
    expect(pool.hold('d')).toEqual({
      code: 'reward_busy',
      kept: false,
      refusal: {
        code: 'reward_busy',
        message: 'The last pieces of mug are being redeemed: ask again.',
        pointer: '/reward',
        details: { ended: null },
      },
    });
    pool.settle('c', false);
    pool.settle('a', false);
    expect([pool.state.freed, pool.left, issued(pool.state)]).toEqual([[1, 3], 2, 1]);
    expect([pool.hold('d'), pool.hold('e')]).toEqual([1, 3]);
    for (const redemption of ['b', 'd', 'e']) pool.settle(redemption, true);
    expect(pool.hold('f')).toEqual({
      code: 'reward_out_of_stock',
      kept: true,
      refusal: { code: 'reward_out_of_stock', message: 'No piece of mug is left.', pointer: '/reward' },
    });
    expect(pool.settle('b', true)).toBe(undefined);
    expect(pool.types.filter((type) => type === 'reward.taken.v1')).toHaveLength(3);
  });

  it.each<[RewardTerms['undone'], number | undefined, number]>([
    ['back', 2, 1],
    ['gone', 2, 0],
    ['back', undefined, Infinity],
  ])('undone %s of %s leave %d', (undone, stock, left) => {
    const pool = new Pool({ undone, ...(stock !== undefined && { stock }) });
    for (const redemption of ['a', 'b']) pool.hold(redemption);
    pool.settle('a', true);
    pool.back('a', 1);
    pool.back('b', 2);
    const restocked = undone === 'back' && stock !== undefined;
    expect(pool.types.slice(2)).toEqual([
      'reward.taken.v1',
      'reward.returned.v1',
      'reward.taken.v1',
      'reward.returned.v1',
    ]);
    expect([pool.state.restocked, pool.left > 0]).toEqual([restocked ? 2 : 0, left > 0]);
    if (restocked) expect(pool.hold('c')).toBe(3);
  });
});

describe('codes', () => {
  it('go out in their order, each once; a piece from before has none', () => {
    const plain = new Pool({});
    expect([plain.hold('a'), plain.left]).toEqual([1, Infinity]);
    expect(plain.add('X')).toEqual({
      code: 'unknown_reward',
      kept: false,
      refusal: {
        code: 'unknown_reward',
        message: 'club has no reward mug with codes: publish a version that has it, and send the codes again.',
        pointer: '/reward',
      },
    });
    const pool = new Pool({ codes: true });
    pool.state.next = 2;
    pool.state.freed.push(1);
    expect([pool.left, pool.hold('a')]).toMatchObject([0, { code: 'reward_out_of_stock' }]);
    expect([pool.add('A'), pool.add('B'), pool.left]).toEqual([undefined, undefined, 2]);
    expect([pool.state.firstCode, pool.state.lastCode]).toEqual([2, 3]);
    expect([pool.hold('a'), pool.left]).toEqual([2, 1]);
    expect(pool.state.freed).toEqual([1]);
    pool.settle('a', false);
    expect([pool.left, pool.hold('b'), pool.hold('c')]).toEqual([2, 2, 3]);
    expect(pool.hold('d')).toMatchObject({ code: 'reward_busy' });
  });

  it('of a reward with stock end with either', () => {
    const pool = new Pool({ codes: true, stock: 1 });
    for (const code of ['A', 'B']) pool.add(code);
    expect([pool.left, pool.hold('a'), pool.left]).toEqual([1, 1, 0]);
  });
});

it('a reward nobody knows has no pieces', () => {
  const pool = new Pool({}, 'hat');
  expect(pool.hold('a')).toMatchObject({ code: 'unknown_reward', refusal: { message: 'club has no reward hat now.' } });
  expect(() => evolveReward(pool.state, { type: 'points.earned.v1', time: 0, data: '{}' })).toThrow(
    'not an event of a reward',
  );
  expect(() => decide({ kind: 'settle' }, pool.state, { now, global: { terms: [] } })).toThrow('settle is for members');
  const hold = { kind: 'addCode', program, reward: 'mug', code: 'A' } as const;
  expect(() => new Scenario().tell(hold)).toThrow('addCode is for a reward');
});

describe('a reward that is redeemed', () => {
  const ledger = (...rewards: Partial<RewardTerms>[]): Scenario => {
    const scenario = new Scenario().on(now);
    scenario.terms.push(termsWith(...rewards));
    scenario.tell(rating('p', '2026-01-01', 100));
    return scenario;
  };
  const asking = (reward: string, more: object = {}): PointsInput => ({
    kind: 'reward',
    id: reward,
    program,
    reward,
    ...more,
  });

  it('says its piece and its code, where it has them', () => {
    const counted = ledger({ stock: 1 }, { id: 'card', codes: true }, { id: 'hug' });
    const plain = { program, points: 10, lots: [{ lot: 'shop/p', points: 10 }] };
    expect(counted.tell(asking('hug'))).toMatchObject({
      answer: { ...plain, id: 'hug', spendable: 90, reward: 'hug' },
    });
    expect(counted.events.at(-1)?.data).not.toHaveProperty('piece');
    expect(counted.events.at(-1)?.data).not.toHaveProperty('reference');
    const held = { piece: { kind: 'held', number: 7 }, reference: 'till-3' };
    expect(counted.tell(asking('mug', held))).toMatchObject({ answer: { ...plain, spendable: 80, piece: 7 } });
    expect(counted.events.at(-1)?.data).toMatchObject({
      reward: 'mug',
      piece: 7,
      reference: 'till-3',
      redemption: 'mug',
    });
    expect(counted.events.at(-1)?.data).not.toHaveProperty('code');
    const coded = { piece: { kind: 'held', number: 8, code: 'SECRET' } };
    expect(counted.tell(asking('card', coded))).toMatchObject({ answer: { piece: 8, code: 'SECRET' } });
    expect(counted.events.at(-1)?.data).toMatchObject({ piece: 8, code: 'SECRET' });
    expect(counted.balance()).toEqual({ issued: 100, active: 70, spent: 30 });
    const refusal = { code: 'reward_out_of_stock', message: 'No.' };
    expect(counted.tell(asking('mug', { id: 'x', piece: { kind: 'none', refusal } }))).toEqual({ refusal });
    for (const name of ['mug', 'card']) {
      expect(counted.tell(asking(name, { id: 'y' }))).toMatchObject({ refusal: { code: 'piece_needed' } });
    }
  });

  it('is to be had from its first instant until its last, by those who hold its tier', () => {
    const shop = ledger(
      { id: 'now', from: '2026-02-01T00:00:00.000Z', until: '2026-02-02T00:00:00.000Z' },
      { id: 'gold', tiers: ['gold'] },
    );
    expect(shop.tell(asking('now'))).toMatchObject({ answer: { id: 'now' } });
    const course = [
      { tier: 'silver', from: START },
      { tier: 'gold', from: '2026-02-01T00:00:01.000Z' },
    ] as const;
    shop.tell({ kind: 'tier', program, course: [...course] });
    expect(shop.tell(asking('gold'))).toMatchObject({ refusal: { details: { tier: 'silver' } } });
    shop.on(now + 1_000);
    expect(shop.tell(asking('gold'))).toMatchObject({ answer: { id: 'gold' } });
  });

  it('says what is missing to a member who has nothing yet, and waits for a piece without an answer', () => {
    const nobody = new Scenario().on(now);
    nobody.terms.push(termsWith({ perMember: { count: 1, per: 'ever' } }));
    expect(nobody.tell(asking('mug'))).toMatchObject({ refusal: { code: 'insufficient_points' } });
    expect(ledger({ stock: 1 }).twice(asking('mug'))[0]).toMatchObject({ kind: 'refused', keep: false });
  });

  it('counts against its limit by the calendar, but not where it was undone whole', () => {
    const shop = ledger({ id: 'daily', perMember: { count: 2, per: 'day' } }, {});
    shop.tell(asking('mug'));
    shop.tell({ ...asking('mug', { id: 'held' }), kind: 'reserveReward' } as PointsInput);
    const code = (id: string): unknown => {
      const said = shop.tell(asking('daily', { id }));
      return 'refusal' in said ? said.refusal.code : 'done';
    };
    expect([code('a'), code('b'), code('c')]).toEqual(['done', 'done', 'reward_limit_reached']);
    shop.tell({ kind: 'undo', id: 'u', redemption: 'a', points: 9 });
    expect(code('d')).toBe('reward_limit_reached');
    shop.tell({ kind: 'undo', id: 'v', redemption: 'a' });
    expect([code('e'), code('f')]).toEqual(['done', 'reward_limit_reached']);
    shop.on(now + 86_400_000);
    expect(code('g')).toBe('done');
  });
});

it('a course replaces every step from its own first on', () => {
  const known = withCourse(
    [],
    [
      { tier: 'silver', from: START },
      { tier: 'gold', from: '2026-02-01T00:00:00.000Z' },
      { tier: null, from: '2026-03-01T00:00:00.000Z' },
    ],
  );
  const later = withCourse(known, [{ tier: 'black', from: '2026-02-01T00:00:00.000Z' }]);
  expect(later.map(({ tier }) => tier)).toEqual(['silver', 'black']);
  expect(withCourse(known, [])).toEqual(known);
  const at = (text: string, steps = known) => tierAt(steps, Date.parse(text));
  expect([at('2025-12-31T00:00:00Z'), at(START), at('2026-02-01T00:00:00.000Z'), at('2026-04-01T00:00:00Z')]).toEqual([
    null,
    'silver',
    'gold',
    null,
  ]);
  expect(tierAt(undefined, 0)).toBe(null);
});

it.each([
  [250, '0.01', 'CNY', '2.5'],
  [199, '0.009', 'CNY', '1.79'],
  [199, '0.9', 'JPY', '179'],
  [1, '0.0015', 'BHD', '0.001'],
])('%d points at %s %s are worth %s', (points, value, currency, amount) => {
  expect(worthOf(points, value, currency)).toEqual({ amount, currency, pointValue: value });
});
