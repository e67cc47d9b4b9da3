import type { TermsLearned } from '@loyalty/contracts';
import type { PointsInput } from './input.ts';
import { decide } from './decide.ts';
import { rating, redeeming, returning, Scenario } from './scenario.fixture.ts';
import { shallowState } from './wallet.ts';

const terms: TermsLearned = {
  program: 'club',
  version: 'v1',
  effectiveFrom: '2026-01-01T00:00:00.000Z',
  timeZone: 'UTC',
  expiry: { after: 'P12M' },
  approvalAbove: 500,
  rewards: [{ id: 'mug', name: { en: 'Mug' }, points: 10, undone: 'gone' }],
};
const closing: PointsInput = { kind: 'close', reason: 'left', by: 'ann' };
const reopening: PointsInput = { kind: 'reopen', reason: 'came back', by: 'ann' };
const adjusting = (points: number): PointsInput => ({ kind: 'adjust', id: 'a', points, reason: 'prize', by: 'ann' });
const reserving: PointsInput = { kind: 'reserve', id: 'v', points: 10, ttl: 'PT1H' };
const sending: PointsInput = { kind: 'send', id: 't', points: 10, from: 'm-1', to: 'm-2' };
const approving: PointsInput = { kind: 'approve', request: 'a', by: 'ben' };

/** 100 points, spendable since January, and it is the first of February. */
function club(): Scenario {
  const scenario = new Scenario();
  scenario.terms.push(terms);
  scenario.on('2026-02-01').tell(rating('p', '2026-01-05', 100));
  return scenario;
}
const closed = { refusal: { code: 'account_closed', details: { closedAt: '2026-02-01T00:00:00.000Z' } } };

it.each<PointsInput>([
  redeeming(10),
  { kind: 'reward', id: 'r', reward: 'mug' },
  reserving,
  sending,
  adjusting(10),
  adjusting(600),
])('refuses to $kind while closed, and does so once reopened', (input) => {
  const scenario = club();
  scenario.tell(closing);
  const balance = scenario.balance();
  expect(scenario.tell(input)).toMatchObject(closed);
  const [kept, anew] = scenario.twice(input);
  expect(kept).toEqual(anew);
  expect(scenario.balance()).toEqual(balance);
  scenario.tell(reopening);
  expect(scenario.tell(input)).toMatchObject({ answer: { program: 'club' } });
});

it('approves what gives points only once reopened; what takes them, while closed too', () => {
  const scenario = club();
  scenario.tell(adjusting(600));
  scenario.tell(closing);
  expect(scenario.tell(approving)).toMatchObject(closed);
  scenario.tell(reopening);
  expect(scenario.tell(approving)).toMatchObject({ answer: { approval: 'approved', spendable: 700 } });
  scenario.tell({ ...adjusting(-600), id: 'b' } as PointsInput);
  scenario.tell(closing);
  expect(scenario.tell({ ...approving, request: 'b' } as PointsInput)).toMatchObject({ answer: { spendable: 100 } });
  expect(scenario.tell({ ...approving, request: 'b' } as PointsInput)).toMatchObject({
    answer: { approval: 'approved' },
  });
});

it('lets a till end what it began, and an operator empty the account', () => {
  const scenario = club();
  scenario.tell(redeeming(20));
  scenario.tell(reserving);
  scenario.tell({ ...reserving, id: 'w' } as PointsInput);
  scenario.tell(closing);
  expect(scenario.tell({ kind: 'capture', reservation: 'v', points: 4 })).toMatchObject({ answer: { released: 6 } });
  expect(scenario.tell({ kind: 'void', reservation: 'w' })).toMatchObject({ answer: { points: 10 } });
  expect(scenario.tell({ kind: 'undo', id: 'u', redemption: 'r' })).toMatchObject({ answer: { points: 20 } });
  expect(scenario.balance()).toMatchObject({ active: 96, spent: 4 });
  expect(scenario.tell(adjusting(-96))).toMatchObject({ answer: { spendable: 0 } });
});

it('books facts as if nothing were: purchases, returns, opening balances and points that were under way', () => {
  const scenario = club();
  scenario.tell(closing);
  scenario.tell(rating('late', '2026-01-20', 30));
  scenario.tell(returning('x', '2026-02-01', { p: 40 }));
  const dates = { earnedAt: scenario.now, activeFrom: scenario.now, expiresAt: null };
  scenario.tell({ kind: 'open', program: 'club', points: 5, reference: 'o', ...dates });
  const at = '2026-02-01T00:00:00.000Z';
  const lots = [{ lot: 'shop/q', points: 7, expiresAt: null }];
  scenario.tell({ kind: 'receive', from: 'm-2', sent: { program: 'club', at, transfer: 't', points: 7, lots } });
  expect(scenario.balance()).toEqual({ issued: 135, received: 7, active: 102, reversed: 40 });
});

it('opens the lot of a first purchase without knowing whether the account is closed', () => {
  const context = { now: Date.UTC(2026, 1, 1), global: { terms: [terms] } };
  expect(decide(rating('p', '2026-01-05', 100), shallowState(), context)).toMatchObject({ kind: 'accepted' });
  for (const input of [redeeming(1), closing, reopening]) {
    expect(decide(input, shallowState(), context)).toEqual({ kind: 'insufficient' });
  }
});

it('closes an open account and reopens a closed one, of a member without any points too', () => {
  const scenario = new Scenario().on('2026-02-01');
  expect(scenario.tell(reopening)).toMatchObject({ refusal: { code: 'not_closed' } });
  expect(scenario.tell({ ...closing, reference: 'case-1' } as PointsInput)).toEqual({ events: [], answer: null });
  expect(scenario.recorded).toEqual([
    {
      type: 'account.closed.v1',
      time: scenario.now,
      data: { at: '2026-02-01T00:00:00.000Z', postings: [], reason: 'left', reference: 'case-1', by: 'ann' },
    },
  ]);
  expect(scenario.on('2026-02-02').tell(closing)).toMatchObject({
    refusal: { code: 'already_closed', details: { closedAt: '2026-02-01T00:00:00.000Z' } },
  });
  scenario.tell(reopening);
  expect(scenario.tell(reopening)).toMatchObject({ refusal: { code: 'not_closed' } });
  expect(scenario.tell(closing)).toMatchObject({ answer: null });
});
