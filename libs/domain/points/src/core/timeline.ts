import type { EpochMs } from '@loyalty/kernel';
import { addBalance, type Balance, type LotBalance, lotBalancesAt, noBalance, spendable } from './balance.ts';
import type { Lot } from './lot.ts';
import type { Wallet } from './wallet.ts';

/** What time alone does to a wallet at an instant, if nothing else happens until then. */
export interface TimelineStep {
  readonly at: EpochMs;
  /** Points that can be spent from then on, because their pending time is over. */
  readonly activates: number;
  /** Points that are free again, because a reservation ends. */
  readonly released: number;
  /** Points that are gone from then on. */
  readonly expires: number;
  /** Points that repay what is owed, in the instant in which they become active. */
  readonly repays: number;
  /** What can be spent after it. */
  readonly spendable: number;
}

/** Of lots that do not touch each other: nothing is owed and nothing is reserved. In the order of time. */
export function plainTimeline(lots: readonly { lot: Pick<Lot, 'activeFrom' | 'expiresAt'>; balance: Balance }[]) {
  const moments = new Map<EpochMs, { activates: number; expires: number; lost: number }>();
  const at = (instant: EpochMs) => {
    let moment = moments.get(instant);
    if (!moment) moments.set(instant, (moment = { activates: 0, expires: 0, lost: 0 }));
    return moment;
  };
  let left = 0;
  for (const { lot, balance } of lots) {
    const { pending, active } = balance;
    const { activeFrom, expiresAt } = lot;
    const becomes = activeFrom < expiresAt ? pending : 0;
    left += active;
    if (becomes > 0) at(activeFrom).activates += becomes;
    if (expiresAt === Infinity || pending + active === 0) continue;
    at(expiresAt).expires += pending + active;
    at(expiresAt).lost += becomes + active;
  }
  return [...moments]
    .sort(([a], [b]) => a - b)
    .map(([instant, { activates, expires, lost }]): TimelineStep => {
      left += activates - lost;
      return { at: instant, activates, released: 0, expires, repays: 0, spendable: left };
    });
}

/** Of any wallet: the balance at each instant at which it may change. */
export function walkedTimeline(wallet: Wallet, now: EpochMs): TimelineStep[] {
  const instants = new Set<EpochMs>();
  let before = lotBalancesAt(wallet, now);
  for (const { lot, balance } of before) {
    const { pending, active, reserved } = balance;
    for (const { at } of lot.uses?.endings ?? []) instants.add(at);
    if (pending + active + reserved > 0) instants.add(lot.activeFrom).add(lot.expiresAt);
  }
  const steps: TimelineStep[] = [];
  for (const at of [...instants].sort((a, b) => a - b)) {
    if (at <= now || at === Infinity) continue;
    const after = lotBalancesAt(wallet, at);
    const step = stepBetween(before, after, at);
    if (step.activates + step.released + step.expires + step.repays !== 0) steps.push(step);
    before = after;
  }
  return steps;
}

function stepBetween(before: readonly LotBalance[], after: readonly LotBalance[], at: EpochMs): TimelineStep {
  const was = new Map(before.map(({ lot, balance }) => [lot.id, balance]));
  const none = noBalance();
  const total = noBalance();
  let [activates, released, expires, repays] = [0, 0, 0, 0];
  for (const { lot, balance } of after) {
    const { pending, reserved, expired, owed } = was.get(lot.id) ?? none;
    const gone = balance.expired - expired;
    expires += gone;
    released += reserved - balance.reserved;
    repays += owed - balance.owed;
    if (lot.activeFrom < lot.expiresAt) activates += Math.max(0, pending - balance.pending);
    addBalance(total, balance);
  }
  return { at, activates, released, expires, repays, spendable: spendable(total) };
}
