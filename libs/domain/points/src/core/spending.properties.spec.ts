import fc from 'fast-check';
import type { PointsSent } from '@loyalty/contracts';
import { balanceAt, lotBalancesAt, spendable } from './balance.ts';
import { settle } from './consequences.ts';
import type { PointsEvent } from './event.ts';
import { apply } from './evolve.ts';
import type { PointsInput } from './input.ts';
import { rating, returning, Scenario } from './scenario.fixture.ts';
import { fullState, newWallet, type Wallet } from './wallet.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);
const NOW = START + 50 * DAY;
const day = (n: number): string => new Date(START + n * DAY).toISOString();
const PURCHASES = ['a', 'b', 'c', 'd'];
const runs = { numRuns: Math.ceil(200 * Number(process.env['TEST_SCALE'] ?? 1)), verbose: fc.VerbosityLevel.None };
const policy = fc.constantFrom('owe' as const, 'otherLots' as const, 'waive' as const);

/** Days by date, or a period by inactivity. */
const lasting = fc.oneof(fc.nat({ max: 30 }), fc.constantFrom('P15D', 'P3W'));

/** Facts are dated before NOW. */
const fact: fc.Arbitrary<PointsInput> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...PURCHASES), fc.nat({ max: 100 }), fc.nat({ max: 12 }), lasting, policy)
    .map(([id, points, pending, how, shortfall]) => {
      const bought = PURCHASES.indexOf(id) * 10;
      const end =
        typeof how === 'number'
          ? { expiresAt: day(bought + 20 + how) }
          : { expiresAt: null, inactivity: { after: how, timeZone: 'America/New_York' } };
      return rating(id, day(bought), points, { activeFrom: day(bought + pending), ...end, shortfall }, false);
    }),
  fc
    .tuple(
      fc.constantFrom('r', 's', 't'),
      fc.dictionary(fc.constantFrom(...PURCHASES), fc.nat({ max: 80 }), { maxKeys: 2 }),
    )
    .map(([id, taken]) => returning(id, day(42 + id.charCodeAt(0) - 114), taken)),
);

/** Names are few, so that decisions meet; `id` is made unique when it is told. */
const name = fc.nat({ max: 5 });
type Decision = (unique: string, known: readonly string[]) => PointsInput;
const pick = (known: readonly string[], n: number): string => known[n % (known.length || 1)] ?? 'nobody';
const club = { program: 'club' } as const;
const points = fc.integer({ min: 1, max: 60 });
const decision: fc.Arbitrary<Decision> = fc.oneof(
  points.map((p): Decision => (id) => ({ kind: 'redeem', id, points: p, ...club })),
  points.map((p): Decision => (id) => ({ kind: 'send', id, points: p, from: 'ann', to: 'bob', ...club })),
  points.map((p): Decision => (id) => ({ kind: 'adjust', id, points: -p, reason: 'x', ...club })),
  fc
    .tuple(points, fc.constantFrom('PT1H', 'P1D', 'P3D', 'P8D'))
    .map(([p, ttl]): Decision => (id) => ({ kind: 'reserve', id, points: p, ttl, ...club })),
  fc.tuple(name, fc.option(points)).map(([n, p]): Decision => (_, known) => ({
    kind: 'capture',
    reservation: pick(known, n),
    ...(p !== null && { points: p }),
  })),
  name.map((n): Decision => (_, known) => ({ kind: 'void', reservation: pick(known, n) })),
  fc.tuple(name, fc.option(points)).map(([n, p]): Decision => (id, known) => ({
    kind: 'undo',
    id,
    redemption: pick(known, n),
    ...(p !== null && { points: p }),
  })),
);

interface Step {
  readonly after: number;
  readonly what: PointsInput | Decision;
}

const after = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 3 * DAY }));
const history: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.array(fact, { maxLength: 6 }),
    fc.array(
      fc.record<Step>({ after, what: fc.oneof({ arbitrary: decision, weight: 3 }, { arbitrary: fact, weight: 1 }) }),
      {
        maxLength: 25,
      },
    ),
  )
  .map(([facts, rest]) => [...facts.map((what) => ({ after: 1, what })), ...rest]);

/** What the decisions did, kept apart from the ledger: where points were put, and until when. */
class Model {
  readonly held: { id: string; points: number; until: number }[] = [];
  readonly names: string[] = [];
  readonly spent = new Map<string, number>();
  sent = 0;
  withdrawn = 0;

  reservedAt(at: number): number {
    return this.held.reduce((sum, { points: p, until }) => (at < until ? sum + p : sum), 0);
  }

  get allSpent(): number {
    return [...this.spent.values()].reduce((sum, p) => sum + p, 0);
  }

  apply(input: PointsInput, done: number): void {
    if (input.kind === 'redeem') this.#spend(input.id, done);
    if (input.kind === 'send') this.sent += done;
    if (input.kind === 'adjust') this.withdrawn -= done;
    if (input.kind === 'undo') this.#spend(input.redemption, -done);
    if (input.kind === 'capture') this.#spend(input.reservation, done);
    if (input.kind === 'capture' || input.kind === 'void') {
      const index = this.held.findIndex(({ id }) => id === input.reservation);
      this.held.splice(index, 1);
    }
  }

  #spend(id: string, p: number): void {
    this.spent.set(id, (this.spent.get(id) ?? 0) + p);
    if (!this.names.includes(id)) this.names.push(id);
  }
}

/** Tells the history and checks after every step. */
function told(
  steps: readonly Step[],
  sweep: (i: number) => boolean,
  check: (ledger: Scenario, model: Model) => void,
  start = NOW,
): Scenario {
  const ledger = new Scenario().on(start);
  const model = new Model();
  steps.forEach(({ after: pause, what }, i) => {
    ledger.on(ledger.now + pause);
    if (sweep(i)) ledger.tell({ kind: 'settle' });
    const input = typeof what === 'function' ? what(`n${i}`, model.names) : what;
    const can = spendable(balanceAt(ledger.wallet(), ledger.now));
    const [kept, anew] = ledger.twice(input);
    expect(kept).toEqual(anew);
    const outcome = ledger.tell(input);
    if (!('refusal' in outcome) && outcome.answer) {
      if (input.kind === 'reserve') {
        model.held.push({ id: input.id, points: input.points, until: Date.parse(outcome.answer.until as string) });
        model.names.push(input.id);
      }
      model.apply(input, outcome.answer.points);
      // Facts ahead of the clock weigh on decisions already, but not yet on the balance of today.
      if (start === NOW) expect(outcome.answer.spendable).toBe(spendable(balanceAt(ledger.wallet(), ledger.now)));
      if (start === NOW && ['redeem', 'send', 'reserve'].includes(input.kind))
        expect(outcome.answer.points).toBeLessThanOrEqual(can);
    }
    check(ledger, model);
  });
  return ledger;
}

function folded(events: readonly PointsEvent[]): Wallet {
  const state = fullState();
  for (const event of events) apply(state, event);
  return state.wallets.get('club') ?? newWallet('club');
}

const lotsAt = (wallet: Wallet, at: number) =>
  new Map(lotBalancesAt(wallet, at).map(({ lot: { id, expiresAt }, balance }) => [id, { expiresAt, balance }]));

describe('any history of reservations, redemptions, undoings and transfers', () => {
  it('puts points where the decisions say and nowhere else, conserves them, and takes no lot below zero', () => {
    fc.assert(
      fc.property(history, (steps) => {
        told(
          steps,
          () => false,
          (ledger, model) => {
            const wallet = ledger.wallet();
            for (const at of [ledger.now, ledger.now + HOUR, ledger.now + 2 * DAY, ledger.now + 9 * DAY]) {
              const balance = balanceAt(wallet, at);
              expect(balance).toMatchObject({
                reserved: model.reservedAt(at),
                spent: model.allSpent,
                sent: model.sent,
              });
              for (const { lot, balance: own } of lotBalancesAt(wallet, at)) {
                const { owed: _owed, ...standing } = own;
                const below = Object.values(standing).some((p) => p < 0);
                expect({ lot: lot.id, below, standing }).toEqual({ lot: lot.id, below: false, standing });
              }
            }
          },
        );
      }),
      runs,
    );
  });

  it('means the same at every instant whether or not it was swept on the way', () => {
    fc.assert(
      fc.property(history, fc.array(fc.boolean(), { minLength: 1 }), (steps, sweeps) => {
        const plain = told(
          steps,
          () => false,
          () => {},
        );
        const swept = told(
          steps,
          (i) => sweeps[i % sweeps.length] as boolean,
          () => {},
        );
        const instants = Array.from({ length: 40 }, (_, i) => START + i * 2 * DAY);
        for (const at of [...instants, plain.now]) expect(swept.lots(at)).toEqual(plain.lots(at));
      }),
      runs,
    );
  });

  it('is as of any instant what the entries dated until then say', () => {
    fc.assert(
      fc.property(history, fc.nat({ max: 130 }), (steps, days) => {
        const ledger = told(
          steps,
          () => false,
          () => {},
        );
        const at = START + days * DAY;
        const prefix = ledger.events.filter(({ time }) => time <= at);
        expect(lotsAt(folded(prefix), at)).toEqual(lotsAt(ledger.wallet(), at));
      }),
      runs,
    );
  });

  it('once settled has written what the time says, also where facts came ahead of the clock', () => {
    fc.assert(
      fc.property(history, fc.nat({ max: 20 }), fc.constantFrom(NOW, START + 15 * DAY), (steps, days, start) => {
        const ledger = told(
          steps,
          () => false,
          () => {},
          start,
        ).on(START + (50 + 75 + days) * DAY);
        ledger.tell({ kind: 'settle' });
        expect(settle(ledger.wallet(), ledger.now)).toEqual([]);
        const { written } = ledger.wallet();
        const { pending, active, expired, reserved, spent, reversed, sent, issued } = balanceAt(
          ledger.wallet(),
          ledger.now,
        );
        expect(written).toMatchObject({
          expired,
          reserved,
          spent,
          reversed,
          sent,
          issued: -issued || 0,
          held: pending + active,
        });
      }),
      runs,
    );
  });

  it('sends exactly what arrives, lot by lot, with the same expiry', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const ann = told(
          steps,
          () => false,
          () => {},
        );
        const bob = new Scenario().on(ann.now);
        const parcels = ann.events.filter(({ type }) => type === 'points.sent.v1');
        for (const { data } of [...parcels, ...parcels])
          bob.tell({ kind: 'receive', from: 'ann', sent: data as PointsSent });
        const { sent } = balanceAt(ann.wallet(), ann.now);
        expect(balanceAt(bob.wallet(), bob.now).received).toBe(sent);
        const packed = parcels.flatMap(({ data }) => (data as PointsSent).lots);
        const arrived = [...bob.wallet().lots.values()].map(({ issued, earned, expiresAt }) => [
          issued,
          earned?.lot,
          expiresAt,
        ]);
        expect(arrived).toEqual(
          packed.map(({ points: p, lot, expiresAt }) => [p, lot, Date.parse(expiresAt as string)]),
        );
      }),
      runs,
    );
  });
});
