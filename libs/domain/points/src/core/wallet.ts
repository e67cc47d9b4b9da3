import type { Posting } from '@loyalty/contracts';
import type { EpochMs } from '@loyalty/kernel';
import type { AdjustmentRequest } from './approval.ts';
import { noSums, type Sums } from './buckets.ts';
import { type Activities, endsOf, noActivities } from './inactivity.ts';
import { burnOrder, isOverdrawn, type Lot, newLot } from './lot.ts';
import { type Debts, staysTrue } from './repayment.ts';
import type { Redemption, Reservation } from './reservation.ts';
import type { RewardState } from './reward-state.ts';
import { SIZE } from './size.ts';
import type { TierSteps } from './tier.ts';
import { addUse, type UseBucket, type Uses } from './use.ts';

/** A member's lots in one program. */
export interface Wallet {
  readonly program: string;
  readonly lots: Map<string, Lot>;
  /** Lots that hold points by the log, reserved ones too, in the order they burn. May name lots that hold none any more. */
  readonly open: Lot[];
  /** Open lots not yet counted as active, the next to become active first. */
  readonly waiting: Lot[];
  /** What the lots counted as active hold: kept, because a popular card's redemptions would sum thousands of lots each. */
  activeHeld: number;
  /** Sums of all postings so far. */
  readonly written: Sums;
  /** Which lots a return claims from, or once did. */
  readonly returned: Map<string, Set<string>>;
  /** Lots that gave more than they had, at some time at least. */
  readonly overdrawn: Set<Lot>;
  /** What is known of its debts as long as nothing is owed; null = to be worked out. */
  debts: Debts | null;
  /** Lots whose postings touch `owed`: they owe, or repaid. */
  readonly owing: Set<Lot>;
  readonly reservations: Map<string, Reservation>;
  /** Those open by the log, the first to end first. */
  readonly reserved: Reservation[];
  readonly redemptions: Map<string, Redemption>;
  readonly activities: Activities;
}

/**
 * `shallow` is enough to open the lot of a purchase never rated before, which is almost all that happens. It knows the programs of
 * wallets where it is not: points were owed or waived at some time, so that a new lot may have to repay; or the wallet is crowded.
 * `recorded` counts the events since it was loaded.
 * `full` knows every lot, unless what has come to an end is forgotten (forget.ts).
 * `reward` is no member's: the pieces of one reward.
 */
export type MemberState =
  | { readonly depth: 'shallow'; readonly delicate: ReadonlySet<string>; recorded: number; weight: number }
  | {
      readonly depth: 'full';
      readonly wallets: Map<string, Wallet>;
      /** Tier steps by program. */
      readonly tiers: Map<string, TierSteps>;
      /** Adjustments that needed approval, by the lot they are named after. */
      readonly requests: Map<string, AdjustmentRequest>;
      /** Since when the account is closed; null where it is open. Opening lots does not ask, so a shallow state does not know. */
      closedAt: EpochMs | null;
      weight: number;
    }
  | RewardState;

export type FullState = Extract<MemberState, { depth: 'full' }>;

/** @param delicate programs of the wallets that must be known in full */
export function shallowState(delicate: Iterable<string> = []): MemberState {
  return { depth: 'shallow', delicate: new Set(delicate), recorded: 0, weight: SIZE.shallow };
}

export function fullState(): FullState {
  return {
    depth: 'full',
    wallets: new Map(),
    tiers: new Map(),
    requests: new Map(),
    closedAt: null,
    weight: SIZE.full,
  };
}

export function newWallet(program: string): Wallet {
  const lots = { lots: new Map(), open: [], waiting: [], activeHeld: 0, returned: new Map(), owing: new Set<Lot>() };
  const spent = { reservations: new Map(), reserved: [], redemptions: new Map() };
  const debts = { overdrawn: new Set<Lot>(), debts: null };
  return { program, ...lots, ...spent, ...debts, written: noSums(), activities: noActivities() };
}

export function lotOf(wallet: Wallet, id: string): Lot {
  let lot = wallet.lots.get(id);
  if (!lot) wallet.lots.set(id, (lot = newLot(id)));
  return lot;
}

/** Changes the facts of a lot and keeps the wallet's bookkeeping of it. */
export function change(wallet: Wallet, lot: Lot, apply: () => void): void {
  const before = { ...lot };
  apply();
  noteOverdrawn(wallet, lot);
  const known = before.origin !== 'unknown' || before.claims !== null;
  if (wallet.debts !== null && !staysTrue(wallet.debts, known ? before : undefined, lot)) wallet.debts = null;
  const moved = lot.expiresAt !== before.expiresAt || lot.at !== before.at;
  if (moved && lot.listed) wallet.open.sort(burnOrder);
  if (lot.listed && lot.activeFrom !== before.activeFrom) {
    if (lot.counted) wallet.activeHeld -= lot.written.held;
    else wallet.waiting.splice(wallet.waiting.indexOf(lot), 1);
    lot.counted = false;
    insert(wallet.waiting, lot, activationOrder);
  }
}

/**
 * Works out again what activities have moved, once for many: whoever reads when lots expire calls it first. Until then the order in
 * which lots burn may be wrong.
 */
export function refresh(wallet: Wallet): void {
  const { activities } = wallet;
  if (!activities.stale) return;
  activities.stale = false;
  for (const [lot, end] of endsOf(activities.lots, activities.all.values())) lot.expiresAt = end;
  wallet.open.sort(burnOrder);
  wallet.debts = null;
}

/** Counts the lots that have become active by `now`. Lots past their expiry stay counted until that is written. */
export function advance(wallet: Wallet, now: EpochMs): void {
  for (let next = wallet.waiting[0]; next !== undefined && next.activeFrom <= now; next = wallet.waiting[0]) {
    wallet.waiting.shift();
    next.counted = true;
    wallet.activeHeld += next.written.held;
  }
}

/**
 * A decision takes points out of a lot, or gives some back. What it takes leaves debts as they are: what repaid them is not there
 * to be taken. What comes back repays nothing either, but a return of the very same instant finds it there.
 */
export function use(wallet: Wallet, lot: Lot, at: EpochMs, change: Readonly<Partial<Record<UseBucket, number>>>): Uses {
  const uses = (lot.uses ??= { list: [], endings: [] });
  const more = addUse(uses, at, change);
  if (more < 0) wallet.debts = null;
  noteOverdrawn(wallet, lot);
  return uses;
}

function noteOverdrawn({ overdrawn }: Wallet, lot: Lot): void {
  if (isOverdrawn(lot)) overdrawn.add(lot);
  else overdrawn.delete(lot);
}

/** Adds postings to what is written. */
export function post(wallet: Wallet, postings: readonly Posting[]): void {
  for (const { lot: id, bucket, points } of postings) {
    const lot = lotOf(wallet, id);
    const { written } = lot;
    written[bucket] += points;
    wallet.written[bucket] += points;
    if (bucket === 'held') {
      if (!lot.listed) list(wallet, lot);
      if (lot.counted) wallet.activeHeld += points;
    } else if (bucket === 'owed') {
      if (written.owed === 0) wallet.owing.delete(lot);
      else wallet.owing.add(lot);
    }
  }
  for (let first = wallet.open[0]; first && first.written.held + first.written.reserved === 0; first = wallet.open[0]) {
    wallet.open.shift();
    if (!first.counted) wallet.waiting.splice(wallet.waiting.indexOf(first), 1);
    first.listed = first.counted = false;
  }
}

function list(wallet: Wallet, lot: Lot): void {
  insert(wallet.open, lot, burnOrder);
  insert(wallet.waiting, lot, activationOrder);
  lot.listed = true;
}

const activationOrder = (a: Lot, b: Lot): number => a.activeFrom - b.activeFrom;

/** Almost always at or near the end: what is bought later becomes active later and expires later. */
function insert(lots: Lot[], lot: Lot, order: (a: Lot, b: Lot) => number): void {
  let low = 0;
  let high = lots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (order(lots[middle] as Lot, lot) <= 0) low = middle + 1;
    else high = middle;
  }
  lots.splice(low, 0, lot);
}

export function isActive(lot: Lot, now: EpochMs): boolean {
  return lot.activeFrom <= now && now < lot.expiresAt;
}
