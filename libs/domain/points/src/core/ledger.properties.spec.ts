import fc from 'fast-check';
import { balanceAt, spendable } from './balance.ts';
import { noSums } from './buckets.ts';
import { settle } from './consequences.ts';
import type { PointsInput, Rate, Reverse } from './input.ts';
import { Scenario, rating, returning } from './scenario.fixture.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const day = (n: number): string => new Date(START + n * DAY).toISOString();
const PURCHASES = ['a', 'b', 'c', 'd', 'e'];
const RETURNS = ['r', 's', 't'];

/** How one purchase is rated in the end, and what it was rated before on the way there. */
const ratings = fc.record({
  bought: fc.integer({ min: 0, max: 40 }),
  pending: fc.integer({ min: 0, max: 12 }),
  lasting: fc.option(fc.oneof(fc.integer({ min: 13, max: 40 }), fc.constantFrom('P13D', 'P2W'))),
  policy: fc.constantFrom('owe' as const, 'otherLots' as const, 'waive' as const),
  voided: fc.boolean(),
  worth: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 3 }),
});

function ratingsOf(id: string, how: typeof ratings extends fc.Arbitrary<infer T> ? T : never): Rate[] {
  const { bought, pending, lasting, policy, worth, voided } = how;
  const terms = {
    activeFrom: day(bought + pending),
    expiresAt: typeof lasting === 'number' ? day(bought + lasting) : null,
    ...(typeof lasting === 'string' && { inactivity: { after: lasting, timeZone: 'Europe/London' } }),
    shortfall: policy,
  };
  const ratings = worth.map((points, i) => rating(id, day(bought), points, terms, i === 0));
  return voided ? [...ratings, rating(id, day(bought), 0, { version: null }, false)] : ratings;
}

const returnsOf = (id: string) =>
  fc
    .tuple(
      fc.integer({ min: 0, max: 45 }),
      fc.array(fc.dictionary(fc.constantFrom(...PURCHASES), fc.integer({ min: 0, max: 60 }), { maxKeys: 2 }), {
        maxLength: 2,
      }),
    )
    .map(([at, versions]): Reverse[] => versions.map((taken) => returning(id, day(at), taken)));

/** Facts by document: those of one document keep their order, as its log does. */
const documents = fc
  .tuple(fc.array(ratings, { maxLength: PURCHASES.length }), fc.tuple(...RETURNS.map(returnsOf)))
  .map(([bought, returned]) => [...bought.map((how, i) => ratingsOf(PURCHASES[i] as string, how)), ...returned]);

/** Merges documents in an order that the numbers decide. */
function interleave<T>(lists: readonly (readonly T[])[], choices: readonly number[]): T[] {
  const rest = lists.map((list) => [...list]).filter((list) => list.length > 0);
  const merged: T[] = [];
  for (let i = 0; rest.length > 0; i++) {
    const chosen = (choices[i % choices.length] ?? 0) % rest.length;
    const list = rest[chosen] as T[];
    merged.push(list.shift() as T);
    if (list.length === 0) rest.splice(chosen, 1);
  }
  return merged;
}

const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 20 });
const INSTANTS = Array.from({ length: 10 }, (_, i) => START + i * 9 * DAY);
const meaning = (ledger: Scenario) => INSTANTS.map((at) => ledger.lots(at));

const spending: fc.Arbitrary<PointsInput> = fc.oneof(
  fc.record({ kind: fc.constant('redeem' as const), id: fc.uuid(), points: fc.integer({ min: 1, max: 80 }) }),
  fc.record({
    kind: fc.constant('adjust' as const),
    id: fc.uuid(),
    program: fc.constant('club'),
    points: fc.integer({ min: -40, max: 40 }),
    reason: fc.constant('goodwill'),
    expiresAt: fc.constantFrom(null, START + 60 * DAY),
  }),
);

interface Timed {
  readonly after: number;
  readonly input: PointsInput;
}

/** Any commands with any pauses between them. */
const history = fc
  .tuple(documents, choices, fc.array(spending, { maxLength: 8 }), choices)
  .chain(([docs, order, spent, mix]) => {
    const inputs: PointsInput[] = interleave([interleave<PointsInput>(docs, order), spent], mix);
    return fc.tuple(...inputs.map((input) => fc.integer({ min: 0, max: 6 }).map((after): Timed => ({ after, input }))));
  });

/** Tells the history, and settles wherever `sweep` says so. */
function told(
  steps: readonly Timed[],
  sweep: (step: number) => boolean,
  check: (ledger: Scenario) => void = () => {},
  start = 20,
): Scenario {
  const ledger = new Scenario().on(START + start * DAY);
  steps.forEach(({ after, input }, i) => {
    ledger.on(ledger.now + after * DAY + 1);
    if (sweep(i)) ledger.tell({ kind: 'settle' });
    ledger.tell(input);
    check(ledger);
  });
  return ledger;
}

const runs = { numRuns: Math.ceil(200 * Number(process.env['TEST_SCALE'] ?? 1)), verbose: fc.VerbosityLevel.None };

describe('facts', () => {
  it('in any order of arrival, around the same decisions, give the same lots at every instant', () => {
    fc.assert(
      fc.property(
        documents,
        documents,
        fc.array(spending, { maxLength: 5 }),
        choices,
        choices,
        (before, after, spent, a, b) => {
          const prefix = [...interleave<PointsInput>(before, a), ...spent];
          const later = after.map((list) => list.map((fact) => renamed(fact)));
          const ledgers = [a, b].map((order) => {
            const ledger = new Scenario().on(START + 50 * DAY);
            for (const input of prefix) ledger.tell(input);
            for (const input of interleave<PointsInput>(later, order)) ledger.tell(input);
            return ledger;
          });
          expect(meaning(ledgers[0] as Scenario)).toEqual(meaning(ledgers[1] as Scenario));
          expect(settledSums(ledgers[0] as Scenario)).toEqual(settledSums(ledgers[1] as Scenario));
        },
      ),
      runs,
    );
  });

  it('arriving late or early, swept or not, give the same lots', () => {
    fc.assert(
      fc.property(documents, choices, choices, fc.array(fc.boolean(), { minLength: 1 }), (docs, a, b, sweeps) => {
        const steps = (order: number[], pace: number) =>
          interleave<PointsInput>(docs, order).map((input) => ({ after: pace, input }));
        const slow = told(steps(a, 5), (i) => sweeps[i % sweeps.length] as boolean);
        const fast = told(steps(b, 0), () => false);
        expect(meaning(slow)).toEqual(meaning(fast));
      }),
      runs,
    );
  });
});

describe('any history', () => {
  it('conserves points after every step, and what is written once settled is what the time says', () => {
    fc.assert(
      fc.property(history, (steps) => {
        told(
          steps,
          () => false,
          (ledger) => {
            const wallet = ledger.wallet();
            const now = balanceAt(wallet, ledger.now);
            for (const at of INSTANTS) balanceAt(wallet, at);
            for (const { written } of wallet.lots.values())
              expect(Math.min(written.held, written.expired)).toBeGreaterThanOrEqual(0);
            expect(now.owed).toBeGreaterThanOrEqual(0);
            // What follows from a fact dated in the future is dated with it; nothing else is ahead of the clock.
            const latest = Math.max(ledger.now, START + 45 * DAY);
            expect(settle(wallet, ledger.now).every((event) => event.time <= latest)).toBe(true);
          },
        );
      }),
      runs,
    );
  });

  it('decides the same on a state that was kept as on one folded from the log', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const ledger = new Scenario().on(START + 20 * DAY);
        for (const { after, input } of steps) {
          ledger.on(ledger.now + after * DAY + 1);
          const [kept, anew] = ledger.twice(input);
          expect(kept).toEqual(anew);
          ledger.tell(input);
        }
      }),
      runs,
    );
  });

  it('means the same at every instant whether or not it was swept on the way', () => {
    fc.assert(
      fc.property(history, fc.array(fc.boolean(), { minLength: 1 }), (steps, sweeps) => {
        const plain = told(steps, () => false);
        const swept = told(steps, (i) => sweeps[i % sweeps.length] as boolean);
        expect(meaning(swept)).toEqual(meaning(plain));
        expect(settledSums(swept)).toEqual(settledSums(plain));
      }),
      runs,
    );
  });

  it('spends exactly what is allocated, and nobody spends more than is spendable', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 200 }), (steps, points) => {
        // Facts dated in the future already weigh on decisions, but not yet on the balance of today: not here.
        const ledger = told(steps, () => false, undefined, 46);
        const can = spendable(balanceAt(ledger.wallet(), ledger.now));
        const before = { ...ledger.wallet().written };
        const result = ledger.tell({ kind: 'redeem', id: 'last', points, program: 'club' });
        expect('refusal' in result ? result.refusal.code : 'accepted').toBe(
          points > can ? 'insufficient_points' : 'accepted',
        );
        if ('refusal' in result) return;
        expect(result.answer?.lots.reduce((sum, lot) => sum + lot.points, 0)).toBe(points);
        expect(result.answer?.spendable).toBe(can - points);
        expect(ledger.wallet().written.spent).toBe(before.spent + points);
        expect(spendable(balanceAt(ledger.wallet(), ledger.now))).toBe(can - points);
      }),
      runs,
    );
  });
});

/** Postings' sums by lot once everything due is written; they must be those of the meaning at that moment. */
function settledSums(ledger: Scenario): unknown {
  ledger.tell({ kind: 'settle' });
  expect(settle(ledger.wallet(), ledger.now)).toEqual([]);
  const lots = [...ledger.wallet().lots.values()].map((lot) => [lot.id, lot.written] as const);
  const told = lots.filter(([, sums]) => JSON.stringify(sums) !== JSON.stringify(noSums()));
  return Object.fromEntries(told);
}

/** The second batch of facts rates the same purchases again and brings returns of its own. */
function renamed(fact: Rate | Reverse): PointsInput {
  if (fact.kind === 'rate') return { ...fact, first: false };
  return { ...fact, rating: { ...fact.rating, return: { source: 'later', id: fact.rating.return.id } } };
}
