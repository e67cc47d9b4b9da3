import type { RewardTerms, TermsLearned } from '@loyalty/contracts';
import fc from 'fast-check';
import { decide } from './decide.ts';
import type { DecidedEvent, PointsDecision } from './decision.ts';
import { evolve } from './evolve.ts';
import { moneyOff, worthOf } from './money-off.ts';
import type { RewardInput } from './reward-input.ts';
import { evolveReward, piecesLeft, rewardState, type RewardState } from './reward-state.ts';

const program = 'club';
const terms = (reward: Partial<RewardTerms>): TermsLearned => ({
  program,
  version: 'v1',
  effectiveFrom: '2026-01-01T00:00:00.000Z',
  timeZone: 'UTC',
  rewards: [{ id: 'mug', name: { en: 'Mug' }, points: 1, undone: 'back', ...reward }],
});
const now = Date.UTC(2026, 5, 1);
const recorded = ({ type, time, data }: DecidedEvent) => ({ type, time, data: JSON.stringify(data) });

/** What may happen to a reward, in any order; the redemption is one of few, so that steps are repeated and contradict each other. */
const step = fc.record({
  what: fc.constantFrom('hold', 'take', 'free', 'return', 'add'),
  redemption: fc.integer({ min: 0, max: 9 }),
});

/** The writer's part: a key is answered once. */
class Reward {
  state: RewardState = rewardState();
  readonly events: DecidedEvent[] = [];
  readonly #answers = new Map<string, PointsDecision>();
  readonly #terms: TermsLearned;

  constructor(reward: Partial<RewardTerms>) {
    this.#terms = terms(reward);
  }

  tell(input: RewardInput, key?: string): PointsDecision {
    const answered = key === undefined ? undefined : this.#answers.get(key);
    if (answered) return answered;
    const decision = decide(input, this.state, { now, global: { terms: [this.#terms] } });
    if (decision.kind === 'accepted') {
      for (const event of decision.events) {
        this.state = evolve(this.state, recorded(event)) as RewardState;
        this.events.push(event);
      }
    }
    if (key !== undefined && !(decision.kind === 'refused' && decision.keep === false))
      this.#answers.set(key, decision);
    return decision;
  }
}

it.each<[string, Partial<RewardTerms>]>([
  ['stock', { stock: 4 }],
  ['codes', { codes: true }],
  ['stock and codes', { stock: 3, codes: true }],
  ['stock that is not given back', { stock: 4, undone: 'gone' }],
])('a reward with %s never hands out more than it has, nor a piece that somebody has', (_, reward) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const mug = new Reward(reward);
      const out = new Map<number, string>();
      const held = new Map<string, number>();
      const taken = new Set<string>();
      const gone = new Set<number>();
      let codes = 0;
      let back = 0;
      for (const [n, { what, redemption: r }] of steps.entries()) {
        const at = { program, reward: 'mug', redemption: `r-${r}`, member: 'm' };
        const left = piecesLeft(mug.state, { id: 'mug', ...reward } as RewardTerms, 0);
        if (what === 'add' && reward.codes) {
          mug.tell({ kind: 'addCode', program, reward: 'mug', code: `c-${n}` });
          codes += 1;
        } else if (what === 'hold' && !held.has(at.redemption)) {
          const decision = mug.tell({ kind: 'hold', ...at, asked: {} }, `hold ${r}`);
          expect(decision.kind === 'accepted').toBe(left > 0);
          if (decision.kind !== 'accepted') {
            if (decision.kind === 'refused' && decision.keep !== false) held.set(at.redemption, 0);
            continue;
          }
          const piece = decision.answer?.piece as number;
          expect({ piece, by: out.get(piece), gone: gone.has(piece) }).toEqual({ piece, by: undefined, gone: false });
          if (reward.codes) expect(piece).toBeLessThanOrEqual(codes);
          out.set(piece, at.redemption);
          held.set(at.redemption, piece);
          if (reward.stock !== undefined) expect(out.size + gone.size - back).toBeLessThanOrEqual(reward.stock);
        } else if (what === 'take' || what === 'free') {
          const open = mug.state.open.has(at.redemption);
          mug.tell({ kind: 'settlePiece', ...at, taken: what === 'take' });
          if (open && what === 'take') taken.add(at.redemption);
          if (open && what === 'free') out.delete(held.get(at.redemption) as number);
        } else if (what === 'return' && taken.has(at.redemption)) {
          const piece = held.get(at.redemption) as number;
          const before = mug.state.restocked;
          mug.tell({ kind: 'returnPiece', ...at, piece, undo: 'u' }, `return ${r}`);
          back += mug.state.restocked - before;
          if (out.delete(piece)) gone.add(piece);
        }
      }
      const anew = mug.events.reduce((state, event) => evolveReward(state, recorded(event)), rewardState());
      expect(anew).toEqual(mug.state);
    }),
  );
});

it('says a money value that is never more than the points are worth, nor a unit less', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 1, max: 999_999 }), (points, millionths) => {
      const value = (millionths / 1e6).toFixed(6);
      const { amount } = worthOf(points, value, 'CNY');
      const exact = BigInt(points) * BigInt(millionths);
      const told = BigInt(Math.round(Number(amount) * 100)) * 10_000n;
      expect(told <= exact && exact - told < 10_000n).toBe(true);
    }),
  );
});

it('lets exactly the points pay that it says may pay at most', () => {
  const shares = fc.constantFrom('0.1', '0.333', '0.5', '1');
  const total = fc
    .integer({ min: 0, max: 10_000_000 })
    .map((cents) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`);
  fc.assert(
    fc.property(
      shares,
      total,
      fc.constantFrom('0.01', '0.007', '1', '0.5'),
      (maxShareOfPurchase, purchaseTotal, pointValue) => {
        const rule = { ...terms({}), currency: 'CNY', pointValue, maxShareOfPurchase };
        const asked = moneyOff({ points: 2 ** 50, purchaseTotal }, rule);
        if (!('kind' in asked) || asked.kind !== 'refused') throw new Error('so many points pay for any purchase');
        const most = asked.refusal.details?.['most'] as number;
        expect('kind' in moneyOff({ points: most + 1, purchaseTotal }, rule)).toBe(true);
        if (most > 0) expect('kind' in moneyOff({ points: most, purchaseTotal }, rule)).toBe(false);
      },
    ),
  );
});
