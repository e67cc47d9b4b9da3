import type { Bucket, Posting } from '@loyalty/contracts';

/** Sums of postings by bucket, signed as posted: issued and received are negative, owed is negative while points are owed. */
export type Sums = Record<Bucket, number>;

export const BUCKETS: readonly Bucket[] = [
  'issued',
  'received',
  'held',
  'reserved',
  'spent',
  'expired',
  'reversed',
  'sent',
  'owed',
];

export function noSums(): Sums {
  return { issued: 0, received: 0, held: 0, reserved: 0, spent: 0, expired: 0, reversed: 0, sent: 0, owed: 0 };
}

/** The postings that lead from `from` to `to`, in the buckets' own order, none of 0 points. */
export function postingsBetween(lot: string, from: Sums, to: Sums): Posting[] {
  const postings: Posting[] = [];
  for (const bucket of BUCKETS) {
    const points = to[bucket] - from[bucket];
    if (points !== 0) postings.push({ lot, bucket, points });
  }
  return postings;
}

/** Throws when postings do not sum to zero: a ledger that wrote such an event would have made or lost points. */
export function assertBalanced(postings: readonly Posting[]): void {
  let sum = 0;
  for (const posting of postings) {
    if (!Number.isSafeInteger(posting.points)) throw new RangeError(`not whole points: ${posting.points}`);
    sum += posting.points;
  }
  if (sum !== 0) throw new Error(`postings sum to ${sum}, not to 0: ${JSON.stringify(postings)}`);
}
