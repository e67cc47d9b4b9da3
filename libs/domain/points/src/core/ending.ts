import type { Posting } from '@loyalty/contracts';
import { type EpochMs, formatInstant } from '@loyalty/kernel';
import type { Sums } from './buckets.ts';
import type { PointsEvent } from './event.ts';
import type { Lot } from './lot.ts';
import type { Allocation } from './reservation.ts';
import type { Wallet } from './wallet.ts';

/** Postings' sums of a lot. */
export type WrittenOf = (lot: Lot) => Sums;

/** Entries for reservations that have ended by themselves and are not written yet, the first to end first. */
export function endings(wallet: Wallet, now: EpochMs): PointsEvent[] {
  const events: PointsEvent[] = [];
  for (const { id, points, allocations, until } of wallet.reserved) {
    if (until > now) break;
    const { program } = wallet;
    const postings = releasing(wallet, allocations, until);
    const data = { program, at: formatInstant(until), postings, reservation: id, points, released: [...allocations] };
    events.push({ type: 'points.released.v1', time: until, data });
  }
  return events;
}

/** Reserved points return to their lots; where a lot has expired meanwhile, they expire in the same instant. */
export function releasing(wallet: Wallet, allocations: readonly Allocation[], at: EpochMs): Posting[] {
  return allocations.flatMap(({ lot, points }): Posting[] => [
    { lot, bucket: 'reserved', points: -points },
    { lot, bucket: at < (wallet.lots.get(lot) as Lot).expiresAt ? 'held' : 'expired', points },
  ]);
}

/** What lots have written once these entries are. */
export function writtenAfter(entries: readonly PointsEvent[]): WrittenOf {
  if (entries.length === 0) return (lot) => lot.written;
  const moved = new Map<string, Posting[]>();
  for (const { data } of entries) {
    for (const posting of data.postings) {
      const postings = moved.get(posting.lot);
      if (postings) postings.push(posting);
      else moved.set(posting.lot, [posting]);
    }
  }
  return (lot) => {
    const written = { ...lot.written };
    for (const { bucket, points } of moved.get(lot.id) ?? []) written[bucket] += points;
    return written;
  };
}
