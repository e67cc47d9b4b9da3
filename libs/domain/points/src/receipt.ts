import type { DocumentRef } from '@loyalty/contracts';
import type { Database } from '@loyalty/database';
import { readBalances, type WalletBalance } from './balances.ts';
import type { Bookings } from './bookings.ts';
import type { CommitSignal } from './commit-signal.ts';
import type { Entry } from './entry.ts';
import { shardOfMember } from './member-lots.ts';
import { now as present } from './moment.ts';

/** One statement looks for all who wait. */
const PAUSE_MS = 5;

/** What a till prints: "+37, balance 1,204". */
export interface Receipt {
  /** All that this purchase or return has moved so far, in the order recorded. Empty where it was worth nothing. */
  readonly items: readonly Entry[];
  /** What they add to what the member holds less what the member owes. */
  readonly points: number;
  /** The member's wallets as they stand. */
  readonly wallets: readonly WalletBalance[];
  readonly next: null;
}

export interface ReceiptSources {
  readonly database: Database;
  readonly signal: CommitSignal;
  readonly bookings: Bookings;
}

/** The receipt of a purchase or return, as soon as it is booked; null where it is not by then. */
export async function receiptOf(
  { database, signal, bookings }: ReceiptSources,
  member: string,
  cause: DocumentRef,
  { wait_ms, now }: { readonly wait_ms: number; readonly now: () => number },
): Promise<Receipt | null> {
  const shard = await shardOfMember(database.pool, member);
  let after = 0;
  const items = await signal.until(
    async () => {
      const look = await bookings.look({ shard, member, cause, after });
      after = look.head;
      return look.items;
    },
    wait_ms,
    PAUSE_MS,
  );
  if (items === null) return null;
  const wallets = await readBalances(database, member, present(now()));
  let points = 0;
  for (const { postings } of items) {
    for (const { bucket, points: moved } of postings) if (bucket === 'held' || bucket === 'owed') points += moved;
  }
  return { items, points, wallets, next: null };
}
