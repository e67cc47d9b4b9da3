import type { DocumentRef, EarnedBy, ShortfallPolicy } from '@loyalty/contracts';
import { compareCodePoints, type EpochMs } from '@loyalty/kernel';
import { noSums, type Sums } from './buckets.ts';
import type { Inactivity } from './inactivity.ts';
import { takenAt, type Uses } from './use.ts';

/** `unknown`: a return was rated before its purchase; what it claims is owed until the rating arrives. */
export type LotOrigin = 'purchase' | 'adjustment' | 'opening' | 'transfer' | 'unknown';

/** What one return takes back of the purchase's points in all, whatever the lot still had. */
export interface Claim {
  readonly at: EpochMs;
  readonly points: number;
  /** The return. */
  readonly by: DocumentRef;
}

/**
 * A lot is its facts (what the purchase is worth, what returns claim, under which terms) and the uses decisions made of it.
 * Where its points stand follows from these and the time, so facts may arrive in any order. `written` is what the log's
 * postings say so far; the difference to what follows is what the next entry writes.
 */
export interface Lot {
  readonly id: string;
  origin: LotOrigin;
  at: EpochMs;
  activeFrom: EpochMs;
  /** From this instant on the points are gone; Infinity = never. By inactivity it moves with the member's activities. */
  expiresAt: EpochMs;
  /** Null: they expire by date, or never. */
  inactivity: Inactivity | null;
  policy: ShortfallPolicy;
  version: string | null;
  /** What its purchase is worth by the latest rating; what came with a transfer. */
  issued: number;
  /** Who earned the points of a transfer. */
  earned: EarnedBy | null;
  /** By return; null while nothing was returned. */
  claims: Map<string, Claim> | null;
  claimed: number;
  uses: Uses | null;
  readonly written: Sums;
  /** Whether the wallet's burning order lists it. */
  listed: boolean;
  /** Whether the wallet counts what it holds as active. */
  counted: boolean;
}

export function newLot(id: string): Lot {
  return {
    id,
    origin: 'unknown',
    // Until the purchase is known, its returns' own times are all there is.
    at: -Infinity,
    activeFrom: -Infinity,
    expiresAt: Infinity,
    inactivity: null,
    policy: 'owe',
    version: null,
    issued: 0,
    earned: null,
    claims: null,
    claimed: 0,
    uses: null,
    written: noSums(),
    listed: false,
    counted: false,
  };
}

/** Burns first: earliest expiry, then effective time, then purchase id. */
export function burnOrder(a: Lot, b: Lot): number {
  if (a.expiresAt !== b.expiresAt) return a.expiresAt < b.expiresAt ? -1 : 1;
  return byAge(a, b);
}

/** At equal expiry. */
export function byAge(a: Lot, b: Lot): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return compareCodePoints(a.id, b.id);
}

/**
 * The lot of a purchase: `source/id`. A slash in the source is escaped, so that no two purchases share a lot and no purchase's
 * lot begins with a slash, as those of adjustments and openings do.
 */
export function lotOfPurchase(purchase: { source: string; id: string }): string {
  const { source, id } = purchase;
  return `${/[/%]/.test(source) ? source.replaceAll('%', '%25').replaceAll('/', '%2F') : source}/${id}`;
}

export const lotOfAdjustment = (id: string): string => `/adjustment/${id}`;
export const lotOfOpening = (reference: string): string => `/opening/${reference}`;
/** The lot that the n-th lot of a transfer goes on in, counted from 1. */
export const lotOfTransfer = (transfer: string, n: number): string => `/transfer/${transfer}/${n}`;
/** The lot in which an undone redemption gives back what the n-th lot was too old for. */
export const lotOfUndo = (undo: string, n: number): string => `/undo/${undo}/${n}`;

/** Points claimed by returns up to `at`. Infinity = all. */
export function claimsUntil(lot: Lot, at: EpochMs): number {
  if (at === Infinity || lot.claims === null) return lot.claimed;
  let sum = 0;
  for (const claim of lot.claims.values()) if (claim.at <= at) sum += claim.points;
  return sum;
}

/** What became of a lot that gave more than it had, and of what it gave for others. */
export interface LotDebt {
  /** Points of this lot that repaid what the member owed. */
  readonly repaid: number;
  /** Points it lacked at its worst. What decisions give back later is there again, and this stays. */
  readonly short: number;
  /** The part of `short` that the member owes for: the rest is waived. */
  readonly owes: number;
}

export const NO_DEBT: LotDebt = { repaid: 0, short: 0, owes: 0 };

/** Whether more may have been taken out of the lot than went in, repayments left aside. */
export const isOverdrawn = (lot: Lot): boolean => lot.issued < (lot.uses?.list.at(-1)?.peak ?? 0) + lot.claimed;

/**
 * Where the lot's points stand (RULES 7): first what decisions took, then what returns claim, then what repaid debts;
 * the rest is held until the lot's expiry and expired from then on; what was missing is owed, or waived.
 * @param known facts up to this time count, and uses; Infinity = all that is known
 * @param at the instant at which expiry and the end of reservations are judged
 */
export function sumsOf(lot: Lot, known: EpochMs, debt: LotDebt | undefined, at: EpochMs): Sums {
  const sums = noSums();
  if (lot.at > known) return sums;
  const { repaid, short, owes } = debt ?? NO_DEBT;
  const taken = takenAt(lot.uses, Math.min(known, at));
  const claimed = claimsUntil(lot, known);
  const waived = short - owes;
  const forgiven = Math.min(waived, claimed);
  sums[lot.origin === 'transfer' ? 'received' : 'issued'] = -(lot.issued + waived - forgiven) || 0;
  sums.reserved = taken.reserved;
  sums.spent = taken.spent;
  sums.sent = taken.sent;
  sums.reversed = taken.reversed + claimed - forgiven;
  sums.owed = repaid - owes;
  // In this order no sum in between leaves what a number holds exactly.
  const free = lot.issued - taken.total + (short - claimed) - repaid;
  if (free !== 0) sums[at < lot.expiresAt ? 'held' : 'expired'] = free;
  return sums;
}
