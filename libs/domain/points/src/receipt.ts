import type { DocumentRef } from '@loyalty/contracts';
import type { Database } from '@loyalty/database';
import type { Pool } from 'pg';
import { readBalances, type WalletBalance } from './balances.ts';
import type { CommitSignal } from './commit-signal.ts';
import { type Entry, ENTRY_COLUMNS, entryOf, type EntryRow } from './entry.ts';
import { shardOfMember } from './member-lots.ts';
import { now as present } from './moment.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';
import { NOTHING_MOVED, traceOf } from './reactions.ts';

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

const MOST = 500;

/** The receipt of a purchase or return, as soon as it is booked; null where it is not by then. */
export async function receiptOf(
  database: Database,
  signal: CommitSignal,
  member: string,
  cause: DocumentRef,
  { wait_ms, now }: { readonly wait_ms: number; readonly now: () => number },
): Promise<Receipt | null> {
  const shard = await shardOfMember(database.pool, member);
  const items = await signal.until(() => booked(database.pool, shard, member, cause), wait_ms);
  if (items === null) return null;
  const wallets = await readBalances(database, member, present(now()));
  let points = 0;
  for (const { postings } of items) {
    for (const { bucket, points: moved } of postings) if (bucket === 'held' || bucket === 'owed') points += moved;
  }
  return { items, points, wallets, next: null };
}

/** Entries with this cause; none at all, but a trace, where it was worth nothing; null where it is not booked yet. */
async function booked(pool: Pool, shard: number, member: string, { source, id }: DocumentRef): Promise<Entry[] | null> {
  const { rows } = await pool.query<EntryRow>({
    name: 'points entries by cause',
    // The cause as the core writes it; strpos of a member's own events, found by index, is cheaper than parsing them.
    text: `SELECT ${ENTRY_COLUMNS} FROM ${schema}.events WHERE shard = $1 AND subject = $2 AND strpos(data, $3) > 0 ORDER BY position LIMIT ${MOST}`,
    values: [shard, member, `"cause":${JSON.stringify({ source, id })}`],
  });
  if (rows.length > 0) return rows.map(entryOf);
  const { rowCount } = await pool.query({
    name: 'points nothing moved',
    text: `SELECT FROM ${schema}.keys WHERE namespace = $1 AND key = $2 AND subject = $3`,
    values: [NOTHING_MOVED, traceOf({ source, id }), member],
  });
  return rowCount === 0 ? null : [];
}
