import type { EpochMs } from '@loyalty/kernel';
import { noSums, type Sums } from './buckets.ts';
import { type Lot, sumsOf } from './lot.ts';
import { repayments } from './repayment.ts';
import type { Wallet } from './wallet.ts';

/** Where a wallet's (or lot's) points stand at an instant. issued + received = all the others − owed, which is ≥ 0 here. */
export interface Balance {
  issued: number;
  received: number;
  pending: number;
  active: number;
  reserved: number;
  spent: number;
  expired: number;
  reversed: number;
  sent: number;
  owed: number;
}

export interface LotBalance {
  readonly lot: Lot;
  readonly balance: Balance;
}

/**
 * The wallet at `at`, from what took effect until then as known now. Depends on facts, decisions and time only: neither on the
 * order in which facts arrived nor on what the sweeper has written.
 */
export function lotBalancesAt(wallet: Wallet, at: EpochMs): LotBalance[] {
  const lots = [...wallet.lots.values()].filter((lot) => lot.at <= at);
  const repaid = wallet.overdrawn > 0 ? repayments(lots, at, at) : undefined;
  return lots.map((lot) => ({
    lot,
    balance: balanceOf(sumsOf(lot, at, repaid?.get(lot.id)?.points ?? 0, at), lot, at),
  }));
}

export function balanceAt(wallet: Wallet, at: EpochMs): Balance {
  const total = balanceOf(noSums());
  for (const { balance } of lotBalancesAt(wallet, at)) {
    for (const bucket of Object.keys(total) as (keyof Balance)[]) total[bucket] += balance[bucket];
  }
  assertConserved(total);
  return total;
}

/** What a decision may take: active less owed, never below 0. */
export function spendable(balance: Balance): number {
  return Math.max(0, balance.active - balance.owed);
}

/** Throws when points appeared or vanished (RULES 7). */
export function assertConserved(b: Balance): void {
  const stands = b.pending + b.active + b.reserved + b.spent + b.expired + b.reversed + b.sent - b.owed;
  if (b.issued + b.received !== stands) throw new Error(`points are not conserved: ${JSON.stringify(b)}`);
}

function balanceOf(sums: Sums, lot?: Lot, at = 0): Balance {
  const { reserved, spent, expired, reversed, sent, held } = sums;
  const pending = lot !== undefined && at < lot.activeFrom ? held : 0;
  const out = { reserved, spent, expired, reversed, sent, owed: -sums.owed || 0 };
  return { issued: -sums.issued || 0, received: -sums.received || 0, pending, active: held - pending, ...out };
}
