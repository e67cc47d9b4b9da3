import fc from 'fast-check';
import { balanceAt, lotBalancesAt } from './balance.ts';
import type { PointsEvent } from './event.ts';
import { apply } from './evolve.ts';
import { rating, Scenario } from './scenario.fixture.ts';
import { DAY, history, NOW, runs, START, type Step } from '../spending-history.fixture.ts';
import { plainTimeline, walkedTimeline } from './timeline.ts';
import { fullState, newWallet, type Wallet } from './wallet.ts';
import { applyStepwise, STEP_BUCKETS } from './wallet-steps.ts';

const instants = fc.nat({ max: 130 }).map((days) => START + days * DAY);

/** Entries of a history; names of what may be captured, voided or undone are those of all decisions. */
function entriesOf(steps: readonly Step[]): readonly PointsEvent[] {
  const ledger = new Scenario().on(NOW);
  const names: string[] = [];
  for (const [i, { after, what }] of steps.entries()) {
    ledger.on(ledger.now + after);
    const input = typeof what === 'function' ? what(`n${i}`, names) : what;
    const told = ledger.tell(input);
    if (!('refusal' in told) && (input.kind === 'redeem' || input.kind === 'reserve')) names.push(input.id);
  }
  return ledger.events;
}

function folded(events: readonly PointsEvent[]): Wallet {
  const state = fullState();
  for (const event of events) apply(state, event);
  return state.wallets.get('club') ?? newWallet('club');
}

const lotsAt = (wallet: Wallet, at: number) =>
  new Map(lotBalancesAt(wallet, at).map(({ lot: { id, expiresAt }, balance }) => [id, { expiresAt, balance }]));

/** The same history where lots expire by date, and hold so much that nothing comes to be owed. */
function plain(steps: readonly Step[]): Step[] {
  const lots = new Set(['a', 'b', 'c', 'd']);
  const rich = (id: string) =>
    rating(id, new Date(START).toISOString(), 5000, { expiresAt: '2026-06-01T00:00:00.000Z' });
  const facts = steps.map(({ after, what }): Step => {
    if (typeof what === 'function' || what.kind !== 'rate') return { after, what };
    const { inactivity: _, ...rest } = what.rating;
    return { after, what: { ...what, rating: { ...rest, points: rest.points + 3000 } } };
  });
  return [...[...lots].map((id): Step => ({ after: 1, what: rich(id) })), ...facts];
}

describe('as of an instant', () => {
  it('a wallet is what the entries dated until then say', () => {
    fc.assert(
      fc.property(history, instants, (steps, at) => {
        const events = entriesOf(steps);
        const prefix = events.filter(({ time }) => time <= at);
        expect(lotsAt(folded(prefix), at)).toEqual(lotsAt(folded(events), at));
      }),
      runs,
    );
  });

  it('says the same of what is to come lot by lot as instant by instant, where lots do not touch each other', () => {
    fc.assert(
      fc.property(history.map(plain), (steps) => {
        const wallet = folded(entriesOf(steps));
        if (wallet.owing.size > 0 || wallet.reserved.length > 0) return;
        const balances = lotBalancesAt(wallet, NOW + 90 * DAY);
        expect(plainTimeline(balances)).toEqual(walkedTimeline(wallet, NOW + 90 * DAY));
      }),
      runs,
    );
  });

  it('a wallet that never owed is, as known at any time, the sum of the steps that were known and taken', () => {
    let compared = 0;
    fc.assert(
      fc.property(history.map(plain), instants, fc.nat(), (steps, at, some) => {
        const events = entriesOf(steps);
        const known = events.slice(0, some % (events.length + 1));
        const state = fullState();
        const taken = known.flatMap((event) => applyStepwise(state, event));
        const wallet = state.wallets.get('club') ?? newWallet('club');
        if (wallet.owing.size > 0) return;
        compared += known.length;
        for (const instant of [at, at + 1, at + 3_600_000, NOW]) {
          const sum = Object.fromEntries(STEP_BUCKETS.map((bucket) => [bucket, 0]));
          for (const step of taken) {
            if (step.at > instant) continue;
            for (const [bucket, points] of Object.entries(step.change)) sum[bucket] = (sum[bucket] ?? 0) + points;
          }
          expect(balanceAt(wallet, instant)).toMatchObject(sum);
        }
      }),
      runs,
    );
    expect(compared).toBeGreaterThan(runs.numRuns * 4);
  });
});
