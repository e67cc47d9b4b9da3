import type { TermsLearned } from '@loyalty/contracts';
import type { Adjust } from './input.ts';
import { rating, redeeming, Scenario } from './scenario.fixture.ts';

const terms: TermsLearned = {
  program: 'club',
  version: 'v1',
  effectiveFrom: '2026-01-01T00:00:00.000Z',
  timeZone: 'UTC',
  expiry: { after: 'P12M' },
  approvalAbove: 100,
};

function club(more: Partial<TermsLearned> = {}): Scenario {
  const scenario = new Scenario();
  scenario.terms.push({ ...terms, ...more });
  return scenario.on('2026-02-01');
}

const asking = (points: number, more: Partial<Adjust> = {}): Adjust => ({
  kind: 'adjust',
  id: 'a',
  program: 'club',
  points,
  reason: 'prize',
  by: 'ann',
  ...more,
});
const approving = (by = 'ben') => ({ kind: 'approve', request: 'a', by }) as const;

it('stays open for 30 days, or as long as the program says, and lapses by itself', () => {
  const scenario = club();
  expect(scenario.tell(asking(101))).toMatchObject({ answer: { approval: 'open', until: '2026-03-03T00:00:00.000Z' } });
  scenario.on('2026-03-03');
  expect(scenario.tell(approving())).toMatchObject({
    refusal: { code: 'request_lapsed', details: { until: '2026-03-03T00:00:00.000Z' } },
  });
  expect(scenario.tell({ kind: 'refuse', request: 'a', by: 'ben' })).toMatchObject({
    refusal: { code: 'request_lapsed' },
  });
  expect(club({ approvalWithin: 'P2D' }).tell(asking(101))).toMatchObject({
    answer: { until: '2026-02-03T00:00:00.000Z' },
  });
});

it('gives points with the dates of the approval, or those that were asked for', () => {
  const scenario = club();
  scenario.tell(asking(500));
  scenario.on('2026-02-10');
  scenario.tell(approving());
  expect(scenario.events).toMatchObject([
    {
      time: Date.UTC(2026, 1, 10),
      data: { activeFrom: '2026-02-10T00:00:00.000Z', expiresAt: '2027-02-10T00:00:00.000Z' },
    },
  ]);
  const dated = club();
  dated.tell(asking(500, { expiresAt: Date.UTC(2026, 1, 5) }));
  dated.on('2026-02-05');
  expect(dated.tell(approving())).toMatchObject({ refusal: { code: 'expires_in_the_past' } });
  expect(dated.tell({ kind: 'refuse', request: 'a', by: 'ben' })).toMatchObject({ answer: { approval: 'refused' } });
});

it('is the same on a state folded anew from the events', () => {
  const scenario = club();
  scenario.tell(rating('p', '2026-01-05', 1000));
  scenario.tell(asking(-300));
  scenario.tell(redeeming(100));
  for (const input of [approving(), approving('ann')]) {
    const [kept, anew] = scenario.twice(input);
    expect(kept).toEqual(anew);
  }
  scenario.tell(approving());
  const [kept, anew] = scenario.twice(approving());
  expect(kept).toEqual(anew);
  expect(kept).toMatchObject({ kind: 'accepted', events: [], answer: { lots: [{ lot: 'shop/p', points: 300 }] } });
  expect(scenario.balance()).toMatchObject({ active: 600, spent: 100, reversed: 300 });
});

it('does not ask where the program sets no limit, or for nothing above it', () => {
  const scenario = new Scenario();
  scenario.terms.push({ ...terms, approvalAbove: undefined });
  scenario.on('2026-02-01');
  expect(scenario.tell(asking(1e9))).toMatchObject({ answer: { points: 1e9, spendable: 1e9 } });
  expect(club({ approvalAbove: 0 }).tell(asking(1))).toMatchObject({ answer: { approval: 'open' } });
});
