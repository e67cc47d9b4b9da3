import type { TermsLearned } from '@loyalty/contracts';
import { type EpochMs, parseInstant, type Refusal } from '@loyalty/kernel';
import { type Balance, balanceAt, lotBalancesAt } from './balance.ts';
import { assertBalanced, BUCKETS } from './buckets.ts';
import { settle } from './consequences.ts';
import { decide } from './decide.ts';
import type { DecidedEvent, PointsDecision } from './decision.ts';
import { writtenAfter } from './ending.ts';
import type { PointsEvent, RecordedEvent } from './event.ts';
import { evolve } from './evolve.ts';
import { expectationOf } from './inactivity.ts';
import type { PointsAnswer, PointsInput, Rate, Reverse } from './input.ts';
import { sumsOf } from './lot.ts';
import { debtsOf } from './repayment.ts';
import { type FullState, fullState, type MemberState, newWallet, refresh, type Wallet } from './wallet.ts';

/** A ledger of one member in memory, for specs: given what was told it, when it is told more, then … */
export class Scenario {
  /** What moved points. */
  readonly events: PointsEvent[] = [];
  /** Everything recorded. */
  readonly recorded: DecidedEvent[] = [];
  readonly terms: TermsLearned[] = [];
  #state: FullState = fullState();
  #now: EpochMs = 0;

  /** The clock goes on to `at`: nothing is written by that. */
  on(at: string | EpochMs): this {
    this.#now = instantOf(at);
    return this;
  }

  get now(): EpochMs {
    return this.#now;
  }

  /** What would be decided on the state at hand, and on one folded anew from the events. */
  twice(input: PointsInput): [PointsDecision, PointsDecision] {
    const context = { now: this.#now, global: { terms: this.terms } };
    const anew = this.recorded.reduce((state, event) => evolve(state, recorded(event)), fullState() as MemberState);
    return [decide(input, this.#state, context), decide(input, anew, context)];
  }

  tell(input: PointsInput): { events: readonly PointsEvent[]; answer: PointsAnswer | null } | { refusal: Refusal } {
    const decision = decide(input, this.#state, { now: this.#now, global: { terms: this.terms } });
    if (decision.kind === 'insufficient') throw new Error('a full state is never insufficient');
    if (decision.kind === 'refused') return { refusal: decision.refusal };
    for (const event of decision.events) {
      this.#state = evolve(this.#state, recorded(event)) as FullState;
      this.recorded.push(event);
    }
    const events = decision.events.filter((event) => movesPoints(event));
    for (const event of events) assertBalanced(event.data.postings);
    this.events.push(...events);
    for (const wallet of this.#state.wallets.values()) assertWritten(wallet, this.#now);
    return { events, answer: decision.answer };
  }

  wallet(program = 'club'): Wallet {
    return this.#state.wallets.get(program) ?? newWallet(program);
  }

  /** The buckets that hold anything at `at` (now, if left out). */
  balance(at: string | EpochMs = this.#now): Partial<Balance> {
    return nonZero(balanceAt(this.wallet(), instantOf(at)));
  }

  /** What a checksum says of the lots at `at`. */
  lots(at: string | EpochMs = this.#now): Record<string, Partial<Balance>> {
    const lots = lotBalancesAt(this.wallet(), instantOf(at)).map(
      ({ lot, balance }) => [lot.id, nonZero(balance)] as const,
    );
    const told = lots.filter(([, balance]) => Object.keys(balance).length > 0);
    return Object.fromEntries(told.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Throws where the postings recorded, and those due, say anything else of a lot than what is known of it. */
function assertWritten(wallet: Wallet, now: EpochMs): void {
  refresh(wallet);
  const lots = [...wallet.lots.values()];
  const { shares } = debtsOf(lots, expectationOf(wallet.activities.all.values()), Infinity, now);
  const written = writtenAfter(settle(wallet, now));
  for (const lot of lots) {
    const [said, meant] = [written(lot), sumsOf(lot, Infinity, shares.get(lot.id), now)];
    if (BUCKETS.some((bucket) => said[bucket] !== meant[bucket])) {
      throw new Error(`lot ${lot.id}: ${JSON.stringify(said)} is written, it has ${JSON.stringify(meant)}`);
    }
  }
}

/** A purchase at `at`, spendable at once and for ever unless said otherwise. */
export function rating(id: string, at: string, points: number, more: Partial<Rate['rating']> = {}, first = true): Rate {
  const time = new Date(instantOf(at)).toISOString();
  const terms = { activeFrom: time, expiresAt: null, version: 'v1', tier: null, shortfall: 'owe' as const };
  const cells = [{ line: 1, rule: 'base', points }];
  const purchase = { source: 'shop', id };
  return {
    kind: 'rate',
    rating: { purchase, at: time, program: 'club', points, cells, ...terms, ...more },
    first,
    reason: 'purchase',
  };
}

/** What return `id` takes back, by purchase. */
export function returning(id: string, at: string, reversals: Record<string, number>): Reverse {
  const taken = Object.entries(reversals).map(([purchase, points]) => ({
    purchase: { source: 'shop', id: purchase },
    points,
  }));
  const time = new Date(instantOf(at)).toISOString();
  return { kind: 'reverse', rating: { return: { source: 'shop', id }, at: time, program: 'club', reversals: taken } };
}

export function redeeming(points: number, id = 'r'): PointsInput {
  return { kind: 'redeem', id, points };
}

/** `2026-01-10` is its first instant in UTC. */
export function instantOf(at: string | EpochMs): EpochMs {
  const ms = typeof at === 'number' ? at : parseInstant(at.length === 10 ? `${at}T00:00:00Z` : at);
  if (ms === undefined) throw new Error(`not an instant: ${at}`);
  return ms;
}

const movesPoints = (event: DecidedEvent): event is PointsEvent => event.type.startsWith('points.');

const recorded = (event: DecidedEvent): RecordedEvent => ({ ...event, data: JSON.stringify(event.data) });

function nonZero(balance: Balance): Partial<Balance> {
  return Object.fromEntries(Object.entries(balance).filter(([, points]) => points !== 0));
}
