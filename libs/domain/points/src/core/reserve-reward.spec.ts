import type { RewardTerms } from '@loyalty/contracts';
import type { PointsInput } from './input.ts';
import { evolveReward, piecesLeft, rewardState } from './reward-state.ts';
import { decide } from './decide.ts';
import { rating, Scenario } from './scenario.fixture.ts';

const NOW = Date.UTC(2026, 1, 1);
const MINUTE = 60_000;
const program = 'club';
const terms = (...rewards: Partial<RewardTerms>[]) => ({
  program,
  version: 'v1',
  effectiveFrom: '2026-01-01T00:00:00.000Z',
  timeZone: 'UTC',
  rewards: rewards.map((reward) => ({
    id: 'mug',
    name: { en: 'Mug' },
    points: 10,
    undone: 'back' as const,
    ...reward,
  })),
});
const ledger = (...rewards: Partial<RewardTerms>[]): Scenario => {
  const scenario = new Scenario().on(NOW);
  scenario.terms.push(terms(...rewards));
  scenario.tell(rating('p', '2026-01-01', 100));
  return scenario;
};
const asking = (id: string, more: object = {}): PointsInput => ({
  kind: 'reserveReward',
  id,
  program,
  reward: 'mug',
  ...more,
});
const held = { piece: { kind: 'held', number: 7, code: 'SECRET' }, reference: 'till-3' };

describe('a reward that is reserved', () => {
  it('takes its price aside, without its code, and gives both to the capture', () => {
    const till = ledger({ codes: true });
    const until = '2026-02-01T00:15:00.000Z';
    expect(till.tell(asking('b', held))).toMatchObject({
      answer: { program, id: 'b', points: 10, spendable: 90, until, reward: 'mug', piece: 7 },
    });
    const entry = till.events.at(-1);
    expect(entry).toMatchObject({
      type: 'points.reserved.v1',
      data: { reservation: 'b', reward: 'mug', piece: 7, until, reference: 'till-3' },
    });
    expect(JSON.stringify(entry)).not.toContain('SECRET');
    expect(till.tell({ kind: 'capture', reservation: 'b', points: 9 })).toEqual({
      refusal: {
        code: 'reward_is_whole',
        message: 'mug costs 10 points: capture them all, or void the reservation.',
        pointer: '/points',
      },
    });
    expect(till.tell({ kind: 'capture', reservation: 'b', code: 'SECRET' })).toMatchObject({
      answer: { points: 10, released: 0, reward: 'mug', piece: 7, code: 'SECRET' },
    });
    expect(till.events.at(-1)?.data).toMatchObject({ reward: 'mug', piece: 7, code: 'SECRET' });
    expect(till.tell({ kind: 'undo', id: 'u', redemption: 'b' })).toMatchObject({
      answer: { reward: 'mug', piece: 7, left: 0 },
    });
  });

  it('of pieces that are not counted has none, and its capture knows no code', () => {
    const till = ledger({});
    till.tell(asking('b'));
    expect(till.events.at(-1)?.data).not.toHaveProperty('piece');
    expect(till.tell({ kind: 'capture', reservation: 'b', code: 'OTHER' })).toMatchObject({
      answer: { reward: 'mug' },
    });
    expect(till.events.at(-1)?.data).not.toHaveProperty('code');
  });

  it('needs a piece only where everything else is in order, its duration too', () => {
    const till = ledger({ stock: 1 });
    expect(till.tell(asking('b'))).toMatchObject({ refusal: { code: 'piece_needed' } });
    expect(till.tell(asking('b', { ttl: 'P31D' }))).toMatchObject({ refusal: { code: 'invalid_ttl' } });
    expect(till.tell(asking('b', { ...held, ttl: 'PT0S' }))).toMatchObject({ refusal: { code: 'invalid_ttl' } });
    expect(till.tell(asking('b', { reward: 'hat' }))).toMatchObject({ refusal: { code: 'unknown_reward' } });
    till.tell(asking('b', held));
    expect(() => till.tell(asking('b', held))).toThrow('b names a reservation or redemption already');
  });

  it('counts for the limit until the instant of its end, and is told with its piece when it is given up', () => {
    const till = ledger({ perMember: { count: 1, per: 'ever' } });
    till.tell(asking('b', { ttl: 'PT10M' }));
    till.on(NOW + 10 * MINUTE - 1);
    expect(till.tell(asking('c'))).toMatchObject({ refusal: { code: 'reward_limit_reached', details: { had: 1 } } });
    till.on(NOW + 10 * MINUTE);
    expect(till.tell(asking('c', held))).toMatchObject({ answer: { id: 'c' } });
    expect(till.tell({ kind: 'void', reservation: 'c' })).toMatchObject({ answer: { reward: 'mug', piece: 7 } });
    expect(till.tell(asking('d'))).toMatchObject({ answer: { id: 'd' } });
  });
});

describe('a piece that is reserved', () => {
  const pool = (reward: Partial<RewardTerms>) => {
    const state = rewardState();
    const tell = (input: object, now = NOW) => {
      const at = { program, reward: 'mug', member: 'ann', ...input } as never;
      const told = decide(at, state, { now, global: { terms: [terms(reward)] } });
      if (told.kind !== 'accepted') return told;
      for (const { type, time, data } of told.events) evolveReward(state, { type, time, data: JSON.stringify(data) });
      return told.events.map(({ type }) => type);
    };
    const left = (now = NOW) => piecesLeft(state, reward, now);
    return { tell, left };
  };
  const until = new Date(NOW + MINUTE).toISOString();
  const hold = (redemption: string) => ({ kind: 'hold', redemption, asked: {} });
  const settle = (redemption: string, more: object) => ({ kind: 'settlePiece', redemption, ...more });

  it('is out until its end, and then for whoever asks what became of it', () => {
    const mug = pool({ stock: 1 });
    mug.tell(hold('a'));
    expect(mug.tell(settle('a', { taken: true, until }))).toEqual(['reward.reserved.v1']);
    expect(mug.tell(settle('a', { taken: true, until }))).toEqual([]);
    expect(mug.tell(hold('b'))).toMatchObject({ refusal: { code: 'reward_out_of_stock' } });
    expect(mug.left(NOW + MINUTE - 1)).toBe(0);
    expect(mug.left(NOW + MINUTE)).toBe(1);
    expect(mug.tell(hold('b'), NOW + MINUTE)).toMatchObject({
      refusal: { code: 'reward_busy', details: { ended: until } },
      keep: false,
    });
    expect(mug.tell(settle('a', { taken: false }), NOW + MINUTE)).toEqual(['reward.freed.v1']);
    expect(mug.tell(hold('b'), NOW + MINUTE)).toEqual(['reward.held.v1']);
    expect(mug.tell(hold('c'), NOW + MINUTE)).toMatchObject({ refusal: { details: { ended: null } } });
  });

  it('with a code counts as left again at its end, and is taken by its capture', () => {
    const mug = pool({ codes: true });
    mug.tell({ kind: 'addCode', code: 'A' });
    mug.tell(hold('a'));
    mug.tell(settle('a', { taken: true, until }));
    expect([mug.left(), mug.left(NOW + MINUTE)]).toEqual([0, 1]);
    expect(mug.tell(settle('a', { taken: true }))).toEqual(['reward.taken.v1']);
    expect(mug.left(NOW + MINUTE)).toBe(0);
  });
});
