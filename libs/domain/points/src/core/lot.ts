import type { ShortfallPolicy } from '@loyalty/contracts';
import { compareCodePoints, type EpochMs } from '@loyalty/kernel';
import { noSums, type Sums } from './buckets.ts';

/** `unknown`: a return was rated before its purchase; what it claims is owed until the rating arrives. */
export type LotOrigin = 'purchase' | 'adjustment' | 'opening' | 'unknown';

/** Points that a decision took out of a lot, for good. `reversed`: withdrawn by an adjustment. */
export interface Use {
  readonly at: EpochMs;
  readonly points: number;
  readonly bucket: 'spent' | 'reversed';
  /** Of all uses of the lot up to this one. Decisions are never back-dated, so uses are in order of time. */
  readonly total: number;
}

/** What one return takes back of the purchase's points in all, whatever the lot still had. */
export interface Claim {
  readonly at: EpochMs;
  readonly points: number;
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
  /** From this instant on the points are gone; Infinity = never. */
  expiresAt: EpochMs;
  policy: ShortfallPolicy;
  version: string | null;
  /** What its purchase is worth by the latest rating. */
  issued: number;
  /** By return; null while nothing was returned. */
  claims: Map<string, Claim> | null;
  claimed: number;
  uses: Use[] | null;
  used: number;
  /** The part of `used` that adjustments withdrew. */
  withdrawn: number;
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
    policy: 'owe',
    version: null,
    issued: 0,
    claims: null,
    claimed: 0,
    uses: null,
    used: 0,
    withdrawn: 0,
    written: noSums(),
    listed: false,
    counted: false,
  };
}

/** Burns first: earliest expiry, then effective time, then purchase id. */
export function burnOrder(a: Lot, b: Lot): number {
  if (a.expiresAt !== b.expiresAt) return a.expiresAt < b.expiresAt ? -1 : 1;
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

/** Points taken by decisions up to `at`. Infinity = all. */
export function usedUntil(lot: Lot, at: EpochMs): number {
  if (at === Infinity || lot.uses === null) return lot.used;
  return lot.uses[usesBefore(lot.uses, at) - 1]?.total ?? 0;
}

/** How many uses took place up to `at`: a lot of a popular card has thousands, and simulations ask often. */
function usesBefore(uses: readonly Use[], at: EpochMs): number {
  let low = 0;
  let high = uses.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((uses[middle] as Use).at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The part of `usedUntil` that adjustments withdrew. */
function withdrawnUntil(lot: Lot, at: EpochMs): number {
  if (at === Infinity || lot.uses === null) return lot.withdrawn;
  let sum = 0;
  for (const use of lot.uses) if (use.bucket === 'reversed' && use.at <= at) sum += use.points;
  return sum;
}

/** Points claimed by returns up to `at`. Infinity = all. */
export function claimsUntil(lot: Lot, at: EpochMs): number {
  if (at === Infinity || lot.claims === null) return lot.claimed;
  let sum = 0;
  for (const claim of lot.claims.values()) if (claim.at <= at) sum += claim.points;
  return sum;
}

/** Whether more was taken out of the lot than went in, repayments left aside. Waived shortfall is owed by nobody. */
export const isOverdrawn = (lot: Lot): boolean => lot.policy !== 'waive' && lot.issued < lot.used + lot.claimed;

/**
 * Where the lot's points stand (RULES 7): first what decisions took, then what returns claim, then what repaid debts;
 * the rest is held until the lot's expiry and expired from then on; what is missing is owed, or waived.
 * @param known facts and uses up to this time count; Infinity = all that is known
 * @param repaid points of this lot that repaid what the member owed
 * @param at the instant at which expiry is judged
 */
export function sumsOf(lot: Lot, known: EpochMs, repaid: number, at: EpochMs): Sums {
  const sums = noSums();
  if (lot.at > known) return sums;
  const used = usedUntil(lot, known);
  const withdrawn = withdrawnUntil(lot, known);
  const waive = lot.policy === 'waive';
  const issued = waive ? Math.max(lot.issued, used + repaid) : lot.issued;
  const room = issued - used - repaid;
  const claimed = claimsUntil(lot, known);
  const reversed = waive ? Math.min(claimed, room) : claimed;
  const free = room - reversed;
  sums.issued = -issued || 0;
  sums.spent = used - withdrawn;
  sums.reversed = withdrawn + reversed;
  sums.owed = repaid + Math.min(free, 0);
  if (free > 0) sums[at < lot.expiresAt ? 'held' : 'expired'] = free;
  return sums;
}
