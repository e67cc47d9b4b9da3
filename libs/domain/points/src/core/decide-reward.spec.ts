import type { RewardTerms, TermsLearned } from '@loyalty/contracts';
import { decide } from './decide.ts';
import { rewardAt } from './decide-reward.ts';
import type { RewardInput } from './reward-input.ts';
import { evolveReward, type RewardState, rewardState } from './reward-state.ts';

/** What entries and answers about one reward's pieces say, and which versions of which program they look at. */
const program = 'club';
const reward = 'mug';
const now = Date.UTC(2026, 1, 1);
const terms = (rewards: Partial<RewardTerms>[] | undefined, more: Partial<TermsLearned> = {}): TermsLearned => ({
  program,
  version: 'v1',
  effectiveFrom: '2026-01-01T00:00:00.000Z',
  timeZone: 'UTC',
  ...(rewards && {
    rewards: rewards.map((each) => ({ id: reward, name: { en: 'Mug' }, points: 10, undone: 'back' as const, ...each })),
  }),
  ...more,
});
const deciding = (input: RewardInput, state: RewardState, versions: readonly TermsLearned[]) =>
  decide(input, state, { now, global: { terms: versions } });

const holding: RewardInput = { kind: 'hold', program, reward, redemption: 'a', member: 'ann', asked: {} };
const returning: RewardInput = {
  kind: 'returnPiece',
  program,
  reward,
  redemption: 'a',
  member: 'ann',
  piece: 1,
  undo: 'u',
};
const adding: RewardInput = { kind: 'addCode', program, reward, code: 'SECRET' };
const answer = { program, points: 0, lots: [], spendable: 0 };
const data = { program, reward, piece: 1, redemption: 'a', member: 'ann' };

it('a piece that is held says for whom, and which it is', () => {
  expect(deciding(holding, rewardState(), [terms([{}])])).toEqual({
    kind: 'accepted',
    events: [{ type: 'reward.held.v1', time: now, data: { ...data, asked: {} } }],
    answer: { ...answer, id: 'a', piece: 1 },
  });
});

it('a piece that comes back says whose it was, taken first where nobody told', () => {
  const open = rewardState({ open: new Map([['a', { piece: 1, member: 'ann' }]]), next: 2 });
  const returned = (restocked: boolean) => ({
    type: 'reward.returned.v1',
    time: now,
    data: { ...data, undo: 'u', restocked },
  });
  expect(deciding(returning, open, [terms([{ stock: 1 }])])).toEqual({
    kind: 'accepted',
    events: [{ type: 'reward.taken.v1', time: now, data }, returned(true)],
    answer: { ...answer, id: 'a', piece: 1 },
  });
  const gone = [[], [terms(undefined)], [terms([])], [terms([{ stock: 1, undone: 'gone' }])], [terms([{}])]];
  for (const versions of gone) {
    expect(deciding(returning, rewardState({ next: 2 }), versions)).toMatchObject({ events: [returned(false)] });
  }
});

it('is of no program, or of none with rewards: there is none', () => {
  for (const versions of [[], [terms(undefined)], [terms([{ id: 'hat' }])], [terms([{}], { program: 'other' })]]) {
    expect(rewardAt({ now, global: { terms: versions } }, program, reward)).toBeUndefined();
    expect(deciding(holding, rewardState(), versions)).toMatchObject({ refusal: { code: 'unknown_reward' } });
  }
});

describe('a code', () => {
  const later = { version: 'v2', effectiveFrom: '2027-01-01T00:00:00.000Z' };

  it.each<[string, TermsLearned[]]>([
    ['in force', [terms([{ codes: true }])]],
    ['among others', [terms([{ id: 'hat' }, { codes: true }])]],
    ['to come', [terms([{}]), terms([{ codes: true }], later)]],
    ['beside versions without any reward', [terms(undefined), terms([{ codes: true }], later)]],
  ])('is added to a reward that has codes in a version %s', (_about, versions) => {
    expect(deciding(adding, rewardState(), versions)).toEqual({
      kind: 'accepted',
      events: [{ type: 'code.added.v1', time: now, data: { program, reward, piece: 1, code: 'SECRET' } }],
      answer: { ...answer, id: '' },
    });
  });

  it.each<[string, TermsLearned[]]>([
    ['without codes', [terms([{}])]],
    ['beside another one with codes', [terms([{}, { id: 'hat', codes: true }])]],
    ['of which another program has one with codes', [terms([{ codes: true }], { program: 'other' })]],
  ])('is not added to a reward %s', (_about, versions) => {
    expect(deciding(adding, rewardState(), versions)).toMatchObject({ kind: 'refused', keep: false });
  });
});

it('a state weighs more with each piece that is held and each that was freed', () => {
  const weighing = (freed: number[]): number[] => {
    const state = rewardState({ freed, next: 9 });
    return ['a', 'b'].map((redemption) => {
      const held = { program, reward, piece: 9, redemption, member: 'ann', asked: {} };
      return evolveReward(state, { type: 'reward.held.v1', time: now, data: JSON.stringify(held) }).weight;
    });
  };
  const weights = [rewardState().weight, ...[[], [1], [1, 2]].map((freed) => weighing(freed)[0] as number)];
  expect(weights).toEqual([...new Set(weights)].sort((a, b) => a - b));
  const [one, two] = weighing([1, 2]) as [number, number];
  expect(two).toBeGreaterThan(one);
});

it('terms change nothing of what is out', () => {
  const event = { type: 'terms.learned.v1', time: now, data: JSON.stringify(terms([{}])) };
  expect(evolveReward(rewardState({ next: 5 }), event)).toEqual(rewardState({ next: 5 }));
});
