import type { EpochMs } from '@loyalty/kernel';
import type { PointsEvent } from './event.ts';
import { apply } from './evolve.ts';
import type { Claim, Lot } from './lot.ts';
import type { Ending, Taken } from './use.ts';
import { NOTHING_TAKEN } from './use.ts';
import type { FullState } from './wallet.ts';

/** Buckets of a balance as steps change them; active is what is left of issued + received, and nothing is owed. */
export const STEP_BUCKETS = [
  'issued',
  'received',
  'pending',
  'reserved',
  'spent',
  'expired',
  'reversed',
  'sent',
] as const;
export type StepBucket = (typeof STEP_BUCKETS)[number];

/** From `at` on the wallet's balance is another. Certain future ones are among them: activation, expiry, a reservation's end. */
export interface WalletStep {
  readonly at: EpochMs;
  readonly change: Readonly<Partial<Record<StepBucket, number>>>;
}

/**
 * Applies the event, and tells what it changes about the wallet's balance at all instants. Summed up over the events known, the steps
 * up to an instant are the balance at it, for a wallet where nothing was ever owed or waived and nothing expires by inactivity:
 * its lots do not touch each other. An event costs as much as it changes, however long the history.
 */
export function applyStepwise(state: FullState, event: PointsEvent): WalletStep[] {
  const { data } = event;
  const names = new Set(data.postings.map(({ lot }) => lot));
  if ('lot' in data) names.add(data.lot);
  const known = state.wallets.get(data.program);
  const before = new Map([...names].map((name) => [name, snapshotOf(known?.lots.get(name))]));
  apply(state, event);
  const steps = new Steps();
  for (const [name, was] of before) {
    const lot = state.wallets.get(data.program)?.lots.get(name);
    if (lot) steps.between(was, lot);
  }
  return steps.list();
}

interface Snapshot {
  readonly issued: number;
  readonly origin: Lot['origin'];
  readonly at: EpochMs;
  readonly activeFrom: EpochMs;
  readonly expiresAt: EpochMs;
  readonly claims: ReadonlyMap<string, Claim>;
  /** How many there were: nothing but more of them comes. */
  readonly uses: number;
  readonly endings: readonly Ending[];
}

function snapshotOf(lot: Lot | undefined): Snapshot | undefined {
  if (!lot) return undefined;
  const { issued, origin, at, activeFrom, expiresAt, claims, uses } = lot;
  const facts = { issued, origin, at, activeFrom, expiresAt, claims: new Map(claims) };
  return { ...facts, uses: uses?.list.length ?? 0, endings: [...(uses?.endings ?? [])] };
}

class Steps {
  readonly #changes = new Map<EpochMs, Partial<Record<StepBucket, number>>>();

  /** What leads from what the lot was to what it is. */
  between(was: Snapshot | undefined, lot: Lot): void {
    const used = lot.uses?.list ?? [];
    const is = { ...(snapshotOf(lot) as Snapshot), uses: 0 };
    const same = was && was.at === is.at && was.activeFrom === is.activeFrom && was.expiresAt === is.expiresAt;
    if (same) {
      this.#facts(was, -1);
      this.#facts(is, 1);
      this.#uses(lot, used, was.uses, used.length, 1);
      return;
    }
    if (was) {
      this.#facts(was, -1);
      this.#uses(was, used, 0, was.uses, -1);
    }
    this.#facts(is, 1);
    this.#uses(is, used, 0, used.length, 1);
  }

  list(): WalletStep[] {
    const steps: WalletStep[] = [];
    for (const [at, change] of this.#changes) {
      const moved = Object.entries(change).filter(([, points]) => points !== 0);
      if (moved.length > 0) steps.push({ at, change: Object.fromEntries(moved) });
    }
    return steps.sort((a, b) => a.at - b.at);
  }

  #facts(lot: Snapshot, sign: 1 | -1): void {
    this.#move(lot, lot.at, lot.origin === 'transfer' ? 'received' : 'issued', sign * lot.issued);
    this.#free(lot, lot.at, sign * lot.issued);
    for (const { at, points } of lot.claims.values()) {
      this.#move(lot, at, 'reversed', sign * points);
      this.#free(lot, at, -sign * points);
    }
    for (const { at, points } of lot.endings) {
      this.#move(lot, at, 'reserved', -sign * points);
      this.#free(lot, at, sign * points);
    }
  }

  #uses(lot: Dates, list: readonly { at: EpochMs; taken: Taken }[], from: number, to: number, sign: 1 | -1): void {
    let before = list[from - 1]?.taken ?? NOTHING_TAKEN;
    for (const { at, taken } of list.slice(from, to)) {
      for (const bucket of ['spent', 'reversed', 'reserved', 'sent'] as const) {
        this.#move(lot, at, bucket, sign * (taken[bucket] - before[bucket]));
      }
      this.#free(lot, at, -sign * (taken.total - before.total));
      before = taken;
    }
  }

  /** Points that the lot holds from `at` on: pending, active or expired by its dates. */
  #free(lot: Dates, at: EpochMs, points: number): void {
    const from = Math.max(at, lot.at);
    const { activeFrom, expiresAt } = lot;
    if (from < expiresAt) {
      if (from < activeFrom) {
        this.#add(from, 'pending', points);
        this.#add(Math.min(activeFrom, expiresAt), 'pending', -points);
      }
      if (expiresAt !== Infinity) this.#add(expiresAt, 'expired', points);
    } else this.#add(from, 'expired', points);
  }

  /** Nothing of a lot counts before its own time. */
  #move(lot: Dates, at: EpochMs, bucket: StepBucket, points: number): void {
    this.#add(Math.max(at, lot.at), bucket, points);
  }

  #add(at: EpochMs, bucket: StepBucket, points: number): void {
    if (points === 0) return;
    const change = this.#changes.get(at) ?? {};
    change[bucket] = (change[bucket] ?? 0) + points;
    this.#changes.set(at, change);
  }
}

type Dates = Pick<Snapshot, 'at' | 'activeFrom' | 'expiresAt'>;
