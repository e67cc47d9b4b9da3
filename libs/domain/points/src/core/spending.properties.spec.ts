import fc from 'fast-check';
import type { PointsSent } from '@loyalty/contracts';
import { balanceAt, lotBalancesAt, spendable } from './balance.ts';
import { settle } from './consequences.ts';
import type { PointsInput } from './input.ts';
import { Scenario } from './scenario.fixture.ts';
import { DAY, history, NOW, runs, START, type Step } from '../spending-history.fixture.ts';

const HOUR = 3_600_000;

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
