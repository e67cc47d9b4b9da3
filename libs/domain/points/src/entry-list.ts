import { transaction } from '@loyalty/database';
import { decodeCursor, encodeCursor, invalidCursor, type Page } from '@loyalty/service';
import type { Pool } from 'pg';
import { balanceChange, type Entry, ENTRY_COLUMNS, entryOf, type EntryRow } from './entry.ts';
import { shardOfMember } from './member-lots.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

const LIST = 'entries';
const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/**
 * A member's entries, the latest first. Their balances are counted down from the wallets' present ones, and the cursor carries how far
 * that came: a page costs one seek, however far back, and entries recorded in between change nothing.
 */
export async function listEntries(
  pool: Pool,
  member: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<Entry>> {
  const shard = await shardOfMember(pool, member);
  const from = cursor === undefined ? undefined : decodeCursor(LIST, cursor, ['position', 'text']);
  return transaction(
    pool,
    async (tx) => {
      const { rows } = await tx.query<EntryRow>({
        name: 'points entries',
        text: `SELECT ${ENTRY_COLUMNS} FROM ${schema}.events WHERE shard = $1 AND subject = $2 AND position < $3 AND type <> 'tier.learned.v1' ORDER BY position DESC LIMIT $4`,
        values: [shard, member, from?.[0] ?? Number.MAX_SAFE_INTEGER, limit + 1],
      });
      const balances = from ? balancesOf(from[1]) : new Map<string, number>();
      if (!from) {
        const { rows: wallets } = await tx.query<{ program: string; balance: number }>({
          name: 'points wallet balances',
          text: `SELECT program, held + owed AS balance FROM ${schema}.wallets WHERE member = $1`,
          values: [member],
        });
        for (const { program, balance } of wallets) balances.set(program, balance);
      }
      const items = rows.slice(0, limit).map((row) => withBalance(entryOf(row), balances));
      const last = rows[limit - 1];
      const next =
        rows.length > limit && last ? encodeCursor(LIST, [last.position, JSON.stringify([...balances])]) : null;
      return { items, next };
    },
    SNAPSHOT,
  );
}

/** By program, as a cursor carries them. */
function balancesOf(text: string): Map<string, number> {
  let pairs: unknown;
  try {
    pairs = JSON.parse(text);
  } catch {
    throw invalidCursor();
  }
  const known =
    Array.isArray(pairs) &&
    pairs.every((pair: unknown) => Array.isArray(pair) && typeof pair[0] === 'string' && Number.isSafeInteger(pair[1]));
  if (!known) throw invalidCursor();
  return new Map(pairs as [string, number][]);
}

/** The entry with its wallet's balance after it; `balances` then stand before it. */
function withBalance(entry: Entry, balances: Map<string, number>): Entry {
  const balance = balances.get(entry.program) ?? 0;
  balances.set(entry.program, balance - balanceChange(entry));
  return { ...entry, balance };
}
