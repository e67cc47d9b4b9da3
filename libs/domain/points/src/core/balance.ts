import type { EpochMs } from '@loyalty/kernel';
import { noSums, type Sums } from './buckets.ts';
import { endsOf, expectationOf } from './inactivity.ts';
import { claimsUntil, type Lot, sumsOf } from './lot.ts';
import { debtsOf } from './repayment.ts';
import { refresh, type Wallet } from './wallet.ts';

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
  refresh(wallet);
  const lots = [...wallet.lots.values()].filter((lot) => isKnown(lot, at)).map(asOf(wallet, at));
  const shares =
    wallet.overdrawn.size > 0 ? debtsOf(lots, expectationOf(wallet.activities.all.values()), at, at).shares : undefined;
  return lots.map((lot) => ({
    lot,
    balance: balanceOfLot(sumsOf(lot, at, shares?.get(lot.id), at), lot, at),
  }));
}

/** Of a purchase not rated yet, returns are all that is known. */
const isKnown = (lot: Lot, at: EpochMs): boolean =>
  lot.origin === 'unknown' ? claimsUntil(lot, at) > 0 : lot.at <= at;

/** With the expiry that was to be expected at that instant: later activities have moved it since. Whether it was over is the same. */
function asOf({ activities }: Wallet, at: EpochMs): (lot: Lot) => Lot {
  if (activities.lots.size === 0) return (lot) => lot;
  const until = [...activities.all.values()]
    .filter((activity) => activity.at <= at)
    .map((activity) => (activity.until > at ? { ...activity, until: Infinity } : activity));
  const ends = endsOf(activities.lots, until);
  return (lot) => (ends.has(lot) ? { ...lot, expiresAt: ends.get(lot) as EpochMs } : lot);
}

export function balanceAt(wallet: Wallet, at: EpochMs): Balance {
  const total = noBalance();
  for (const { balance } of lotBalancesAt(wallet, at)) addBalance(total, balance);
  assertConserved(total);
  return total;
}

export function noBalance(): Balance {
  return balanceOfLot(noSums(), { activeFrom: -Infinity, expiresAt: Infinity }, 0);
}

/** Adds to `total`, bucket by bucket. */
export function addBalance(total: Balance, more: Balance): void {
  for (const bucket of Object.keys(total) as (keyof Balance)[]) total[bucket] += more[bucket];
}

/** What a decision may take: active less owed, never below 0. */
export function spendable(balance: Balance): number {
  return Math.max(0, balance.active - balance.owed);
}

const OUT = ['pending', 'active', 'reserved', 'spent', 'expired', 'reversed', 'sent'] as const;

/** Each bucket is an exact number, their sum need not be: what was spent and then taken back is in two of them. */
function isConserved(b: Balance): boolean {
  const out = OUT.reduce((sum, bucket) => sum + BigInt(b[bucket]), 0n);
  return BigInt(b.issued) + BigInt(b.received) === out - BigInt(b.owed);
}

/** Throws when points appeared or vanished (RULES 7). */
export function assertConserved(b: Balance): void {
  if (!isConserved(b)) throw new Error(`points are not conserved: ${JSON.stringify(b)}`);
}

/** Sums of a lot's postings as a balance: what it holds is pending, active or expired by its own dates. */
export function balanceOfLot(
  sums: Sums,
  { activeFrom, expiresAt }: Pick<Lot, 'activeFrom' | 'expiresAt'>,
  at: EpochMs,
): Balance {
  const { reserved, spent, reversed, sent, held } = sums;
  const gone = at >= expiresAt ? held : 0;
  const pending = at < activeFrom ? held - gone : 0;
  const owed = -sums.owed || 0;
  const out = { reserved, spent, expired: sums.expired + gone, reversed, sent, owed };
  return { issued: -sums.issued || 0, received: -sums.received || 0, pending, active: held - gone - pending, ...out };
}
