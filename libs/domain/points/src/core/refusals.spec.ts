import type { TermsLearned } from '@loyalty/contracts';
import type { PointsInput } from './input.ts';
import { REFUSALS } from './refusals.fixture.ts';
import { rating, Scenario } from './scenario.fixture.ts';

/** What a till reads when it is refused: every word of it. */
const TERMS: TermsLearned = {
  program: 'club',
  version: 'v1',
  effectiveFrom: '2026-01-01T00:00:00.000Z',
  timeZone: 'UTC',
  currency: 'CNY',
  pointValue: '0.01',
  maxShareOfPurchase: '0.5',
  minimumRedemption: 5,
  approvalAbove: 1_000,
  rewards: [
    { id: 'mug', name: { en: 'Mug' }, points: 10, undone: 'back' },
    { id: 'gold', name: { en: 'Gold' }, points: 10, tiers: ['gold', 'black'], undone: 'back' },
    { id: 'daily', name: { en: 'Daily' }, points: 10, perMember: { count: 1, per: 'day' }, undone: 'back' },
    { id: 'once', name: { en: 'Once' }, points: 10, perMember: { count: 1, per: 'ever' }, undone: 'back' },
    { id: 'early', name: { en: 'Early' }, points: 10, from: '2026-03-01T00:00:00.000Z', undone: 'back' },
    { id: 'late', name: { en: 'Late' }, points: 10, until: '2026-02-01T00:00:00.000Z', undone: 'back' },
    { id: 'last', name: { en: 'Last' }, points: 10, stock: 1, undone: 'back' },
  ],
};
const OTHER: TermsLearned = { ...TERMS, program: 'other' };
const NEVER: TermsLearned = { program: 'bare', version: 'v1', effectiveFrom: TERMS.effectiveFrom, timeZone: 'UTC' };

const earned = rating('p', '2026-01-01', 200);
const redeem = (points: number, more: object = {}): PointsInput => ({
  kind: 'redeem',
  id: 'r',
  points,
  program: 'club',
  purchaseTotal: '1000',
  ...more,
});
const reserve = (id: string, more: object = {}): PointsInput => ({
  kind: 'reserve',
  id,
  points: 10,
  program: 'club',
  purchaseTotal: '1000',
  ...more,
});
const adjust = (points: number, more: object = {}): PointsInput => ({
  kind: 'adjust',
  id: 'a',
  points,
  reason: 'x',
  program: 'club',
  expiresAt: null,
  by: 'ann',
  ...more,
});
const reward = (name: string, id = 'w', more: object = {}): PointsInput => ({
  kind: 'reward',
  id,
  program: 'club',
  reward: name,
  ...more,
});
const open = (more: object = {}): PointsInput => ({
  kind: 'open',
  program: 'club',
  points: 10,
  earnedAt: 0,
  activeFrom: 0,
  expiresAt: null,
  reference: 'o',
  ...more,
});
const approve = (by: string): PointsInput => ({ kind: 'approve', request: 'a', by });
const refuse: PointsInput = { kind: 'refuse', request: 'a', by: 'ben' };
const close: PointsInput = { kind: 'close', reason: 'x', by: 'ann' };
const wait = (ms: number): { wait: number } => ({ wait: ms });
const DAY = 86_400_000;

type Told = PointsInput | { readonly wait: number };
type Case = [about: string, given: readonly Told[], asked: PointsInput, terms?: readonly TermsLearned[]];

const cases: Case[] = [
  ['no number of points to redeem', [earned], redeem(0)],
  ['fewer than the program says', [earned], redeem(4)],
  ['more than there are', [earned], redeem(201)],
  ['a member of nobody', [], redeem(10, { program: undefined }), [TERMS, OTHER]],
  [
    'two wallets and none named',
    [earned, rating('q', '2026-01-01', 9, { program: 'other' })],
    redeem(10, { program: undefined }),
    [TERMS, OTHER],
  ],
  ['another currency', [earned], redeem(10, { currency: 'GBP' })],
  ['no total of the purchase', [earned], redeem(10, { purchaseTotal: undefined })],
  ['too much of the purchase', [earned], redeem(100, { purchaseTotal: '1.50' })],
  ['a reservation without end', [earned], reserve('b', { ttl: 'P31D' })],
  ['a reservation nobody made', [earned], { kind: 'capture', reservation: 'b' }],
  ['more than was reserved', [earned, reserve('b')], { kind: 'capture', reservation: 'b', points: 11 }],
  ['no number of points to capture', [earned, reserve('b')], { kind: 'capture', reservation: 'b', points: 0 }],
  [
    'captured before',
    [earned, reserve('b'), { kind: 'capture', reservation: 'b' }],
    { kind: 'void', reservation: 'b' },
  ],
  ['voided before', [earned, reserve('b'), { kind: 'void', reservation: 'b' }], { kind: 'capture', reservation: 'b' }],
  ['a reservation that has ended', [earned, reserve('b'), wait(DAY)], { kind: 'capture', reservation: 'b' }],
  ['a redemption nobody made', [earned], { kind: 'undo', id: 'u', redemption: 'r' }],
  ['more than was redeemed', [earned, redeem(10)], { kind: 'undo', id: 'u', redemption: 'r', points: 11 }],
  ['no number of points to undo', [earned, redeem(10)], { kind: 'undo', id: 'u', redemption: 'r', points: -1 }],
  [
    'undone before',
    [earned, redeem(10), { kind: 'undo', id: 'u', redemption: 'r' }],
    { kind: 'undo', id: 'v', redemption: 'r' },
  ],
  ['points to oneself', [earned], { kind: 'send', id: 's', points: 10, from: 'ann', to: 'ann' }],
  [
    'to a receiver without room',
    [earned],
    { kind: 'send', id: 's', points: 10, from: 'ann', to: 'bob', rooms: { club: 9, other: 0 } },
  ],
  ['nothing to adjust', [earned], adjust(0)],
  ['more to withdraw than there are', [earned], adjust(-201)],
  ['nothing to withdraw from', [], adjust(-10, { program: undefined }), []],
  [
    'points for two wallets',
    [earned, rating('q', '2026-01-01', 9, { program: 'other' })],
    adjust(10, { program: undefined }),
    [TERMS, OTHER],
  ],
  ['points for a member of nobody', [], adjust(10, { program: undefined }), [TERMS, OTHER]],
  ['points before any program', [], adjust(10, { program: undefined }), []],
  ['points in no program', [], adjust(10, { program: 'nowhere' })],
  ['points without an end', [], adjust(10, { program: 'bare', expiresAt: undefined }), [NEVER]],
  ['points that are gone', [], adjust(10, { expiresAt: 0 })],
  ['more points than a wallet holds', [earned], adjust(Number.MAX_SAFE_INTEGER)],
  ['no number of points to open', [], open({ points: 0 })],
  ['a fraction to open', [], open({ points: 1.5 })],
  ['more to open than a wallet holds', [earned], open({ points: Number.MAX_SAFE_INTEGER })],
  ['a balance gone before it is there', [], open({ activeFrom: 5, expiresAt: 5 })],
  ['a balance in no program', [], open({ program: 'nowhere' })],
  ['a reference that is taken', [open()], open({ points: 11 })],
  ['an approval of nothing', [], approve('ben')],
  ['an approval of one’s own', [adjust(2_000)], approve('ann')],
  ['an approval of what was refused', [adjust(2_000), refuse], approve('ben')],
  ['an approval too late', [adjust(2_000), wait(30 * DAY)], approve('ben')],
  ['a refusal of what was approved', [adjust(2_000), approve('ben')], refuse],
  ['a refusal of nothing', [], refuse],
  ['no such reward', [earned], reward('hat')],
  ['a reward for a member of nobody', [], reward('mug', 'w', { program: undefined }), [TERMS, OTHER]],
  [
    'a reward of two wallets',
    [earned, rating('q', '2026-01-01', 9, { program: 'other' })],
    reward('mug', 'w', { program: undefined }),
    [TERMS, OTHER],
  ],
  ['a reward not there yet', [earned], reward('early')],
  ['a reward no more', [earned], reward('late')],
  ['a reward of another tier', [earned], reward('gold')],
  ['a reward had today', [earned, reward('daily')], reward('daily', 'x')],
  ['a reward had once', [earned, reward('once')], reward('once', 'x')],
  ['a reward too dear', [rating('p', '2026-01-01', 9)], reward('mug')],
  ['a piece first', [earned], reward('last')],
  ['closed: redeem', [earned, close], redeem(10)],
  ['closed: give', [earned, close], adjust(10)],
  ['closed: twice', [close], close],
  ['open: reopen', [], { kind: 'reopen', reason: 'x', by: 'ann' }],
];

function refusalOf([, given, asked, terms = [TERMS]]: Case): unknown {
  const ledger = new Scenario().on('2026-02-01');
  ledger.terms.push(...terms);
  for (const told of given) {
    if ('wait' in told) ledger.on(ledger.now + told.wait);
    else if ('refusal' in ledger.tell(told)) throw new Error(`${JSON.stringify(told)} was refused`);
  }
  const before = ledger.recorded.length;
  const said = ledger.tell(asked);
  expect(ledger.recorded.length).toBe(before);
  return 'refusal' in said ? said.refusal : said;
}

it.each(cases)('%s is refused in these words, and nothing is recorded', (...each) => {
  expect(refusalOf(each)).toEqual(REFUSALS[each[0]]);
});

it('are all there', () => {
  expect(cases.map(([about]) => about)).toEqual(Object.keys(REFUSALS));
});
