import type { EpochMs } from '@loyalty/kernel';
import type { Expectation } from './inactivity.ts';
import { byAge, claimsUntil, isOverdrawn, type Lot, type LotDebt, NO_DEBT } from './lot.ts';
import { takenAt, type Use } from './use.ts';

/** A lot's part in the debts, and when it last repaid. */
export interface Share extends LotDebt {
  /** null = it never did. */
  readonly at: EpochMs | null;
}

/** What came of a wallet's debts. */
export interface Debts {
  /** Lots that had a part in them. */
  readonly shares: ReadonlyMap<string, Share>;
  /** After this instant nothing was owed any more; Infinity while something is. */
  readonly clear: EpochMs;
}

export const NO_DEBTS: Debts = { shares: new Map(), clear: -Infinity };

/** At one instant points are taken out first, by returns and decisions, then lots become active. */
const TAKING = 0;
const ACTIVATION = 1;

interface Step {
  readonly at: EpochMs;
  readonly rank: typeof TAKING | typeof ACTIVATION;
  readonly lot: Lot;
}

interface Account {
  repaid: number;
  short: number;
  owes: number;
  /** The part of `short` that is missing because it was sent away. */
  sent: number;
  at: EpochMs | null;
}

/**
 * Which lots fell short and which repaid how much, worked out along the member's own time, so that it is the same for any order
 * of arrival. A lot falls short when more is taken than it has. That is waived or owed, by its policy; what is missing because it
 * was sent to somebody else is owed whatever the policy. `otherLots` takes it at once from the lots then active, earliest expiry
 * first; what is still owed is repaid by each *earned* lot in the instant it becomes active. Points that come back to a lot
 * later (an undone redemption, the end of a reservation) repay nothing.
 * @param ends says which lots come first: those that were expected to expire first
 * @param known facts and uses up to this time count; Infinity = all that is known
 * @param at activations and ends of reservations up to this instant count
 */
export function debtsOf(lots: readonly Lot[], ends: Expectation, known: EpochMs, at: EpochMs): Debts {
  if (!lots.some(isOverdrawn)) return NO_DEBTS;
  return new Simulation(lots, ends, known, at).run();
}

class Simulation {
  readonly #accounts = new Map<string, Account>();
  readonly #steps: Step[];
  readonly #byTime = (a: Step, b: Step): number =>
    a.at - b.at || a.rank - b.rank || this.#burnOrder(a.lot, b.lot, a.at);
  #owed = 0;
  #clear = -Infinity;

  constructor(
    private readonly lots: readonly Lot[],
    private readonly ends: Expectation,
    private readonly known: EpochMs,
    private readonly at: EpochMs,
  ) {
    this.#steps = firstSteps(lots, known, at).sort(this.#byTime);
  }

  run(): Debts {
    let ahead = false;
    for (let i = 0; i < this.#steps.length; i++) {
      const step = this.#steps[i] as Step;
      if (step.rank === TAKING) this.#take(step, i);
      else if (this.#owed > 0) this.#activate(step, i);
      ahead ||= step.at > this.at;
    }
    // What is ahead of the clock may turn out otherwise: a reservation may have ended by then.
    return { shares: this.#accounts, clear: this.#owed > 0 || ahead ? Infinity : this.#clear };
  }

  #activate(step: Step, index: number): void {
    const points = Math.min(this.#owed, this.#heldAt(step.lot, step));
    if (points > 0) this.#repay(step.lot, points, index);
    this.#clear = step.at;
  }

  #take(step: Step, index: number): void {
    const { lot } = step;
    const more = -this.#heldAt(lot, step);
    if (more <= 0) return;
    const account = this.#account(lot);
    const sent = Math.min(more, takenAt(lot.uses, Math.min(step.at, this.at)).sent - account.sent);
    const owes = lot.policy === 'waive' ? sent : more;
    account.short += more;
    account.sent += sent;
    account.owes += owes;
    if (owes === 0) return;
    this.#owed += owes;
    this.#clear = step.at;
    let rest = lot.policy === 'otherLots' ? more - sent : 0;
    if (rest === 0) return;
    for (const other of this.#activeLots(step)) {
      const points = Math.min(rest, this.#heldAt(other, step));
      if (points > 0) this.#repay(other, points, index);
      rest -= Math.max(0, points);
      if (rest === 0) break;
    }
  }

  #repay(lot: Lot, points: number, index: number): void {
    const account = this.#account(lot);
    account.repaid += points;
    account.at = (this.#steps[index] as Step).at;
    this.#owed -= points;
    // What repaid is gone for whoever spent it in the meantime: from here on the lot's own steps count.
    this.#insert(ownSteps(lot, this.known, account.repaid), index);
  }

  #insert(more: readonly Step[], after: number): void {
    if (more.length === 0) return;
    const reached = this.#steps[after] as Step;
    const rest = this.#steps.splice(after + 1);
    for (const step of more) if (this.#byTime(step, reached) > 0) rest.push(step);
    for (const step of rest.sort(this.#byTime)) this.#steps.push(step);
  }

  #activeLots({ lot: own, at }: Step): Lot[] {
    const active = this.lots.filter((lot) => lot !== own && lot.activeFrom <= at && at < lot.expiresAt);
    return active.sort((a, b) => this.#burnOrder(a, b, at));
  }

  #burnOrder(a: Lot, b: Lot, at: EpochMs): number {
    const [first, second] = [this.ends(a, at), this.ends(b, at)];
    if (first !== second) return first < second ? -1 : 1;
    return byAge(a, b);
  }

  #account(lot: Lot): Account {
    let account = this.#accounts.get(lot.id);
    if (!account) this.#accounts.set(lot.id, (account = { repaid: 0, short: 0, owes: 0, sent: 0, at: null }));
    return account;
  }

  /** What the lot still has (or lacks, below 0) once the step has happened. */
  #heldAt(lot: Lot, { at }: Step): number {
    const { short, repaid } = this.#accounts.get(lot.id) ?? NO_DEBT;
    // In this order no sum in between leaves what a number holds exactly.
    return lot.issued - takenAt(lot.uses, Math.min(at, this.at)).total + (short - claimsUntil(lot, at)) - repaid;
  }
}

/**
 * Whether debts stay as they are when a lot changes, without working them out again. They do where the lot had no part in them
 * and can have none now: it became active when nothing was owed any more, or it only has less than before.
 */
export function staysTrue(debts: Debts, before: Lot | undefined, after: Lot): boolean {
  if (debts.clear === Infinity || debts.shares.has(after.id)) return false;
  if (isOverdrawn(after) || (before !== undefined && isOverdrawn(before))) return false;
  if (after.activeFrom > debts.clear && (before === undefined || before.activeFrom > debts.clear)) return true;
  const { issued, activeFrom, expiresAt, origin, policy, at } = after;
  return (
    before?.issued === issued &&
    before.activeFrom === activeFrom &&
    before.expiresAt === expiresAt &&
    before.origin === origin &&
    before.policy === policy &&
    before.at === at &&
    before.claimed <= after.claimed
  );
}

function firstSteps(lots: readonly Lot[], known: EpochMs, at: EpochMs): Step[] {
  const steps: Step[] = [];
  for (const lot of lots) {
    if (lot.at > known) continue;
    if (isOverdrawn(lot)) for (const step of ownSteps(lot, known, 0)) steps.push(step);
    const repays = lot.origin === 'purchase' && lot.activeFrom < lot.expiresAt && lot.activeFrom <= at;
    if (repays) steps.push({ at: lot.activeFrom, rank: ACTIVATION, lot });
  }
  return steps;
}

/** The instants at which more may have been taken out of the lot than it had, given what it repaid. */
function ownSteps(lot: Lot, known: EpochMs, repaid: number): Step[] {
  const steps: Step[] = [];
  const room = lot.issued - repaid - lot.claimed;
  const uses = lot.uses?.list ?? [];
  if (room >= (uses.at(-1)?.peak ?? 0)) return steps;
  for (const { at } of lot.claims?.values() ?? []) if (at <= known) steps.push({ at, rank: TAKING, lot });
  // From the last on: of thousands of uses only the latest can be too many.
  for (let i = uses.length - 1; i >= 0 && (uses[i] as Use).peak > room; i--) {
    const { at, taken } = uses[i] as Use;
    if (at <= known && taken.total > room) steps.push({ at, rank: TAKING, lot });
  }
  return steps;
}
