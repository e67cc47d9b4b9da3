import { transaction } from '@loyalty/database';
import { formatInstant } from '@loyalty/kernel';
import { decodeCursor, encodeCursor, invalidCursor, type Page } from '@loyalty/service';
import type { Pool, PoolClient } from 'pg';
import { balanceChange, type Entry, ENTRY_COLUMNS, entryOf, type EntryRow } from './entry.ts';
import { shardOfMember } from './member-lots.ts';
import { type Moment, recordedBefore } from './moment.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

const LIST = 'entries';
const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

export interface EntryFilter {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Only what took effect and was recorded by then. */
  readonly moment?: Moment | undefined;
}

/**
 * A member's entries, the latest first. Their balances are counted down from the wallets' present ones, and the cursor carries how far
 * that came: a page costs one seek, however far back, and entries recorded in between change nothing.
 */
export async function listEntries(
  pool: Pool,
  member: string,
  { limit, cursor, moment }: EntryFilter,
): Promise<Page<Entry>> {
  const shard = await shardOfMember(pool, member);
  const bounds = [moment ? formatInstant(moment.at) : 'infinity', moment ? recordedBefore(moment) : 'infinity'];
  const from = cursor === undefined ? undefined : decodeCursor(LIST, cursor, ['position', 'text']);
  return transaction(
    pool,
    async (tx) => {
      const { rows } = await tx.query<EntryRow>({
        name: 'points entries',
        text: `SELECT ${ENTRY_COLUMNS} FROM ${schema}.events WHERE shard = $1 AND subject = $2 AND position < $3 AND time <= $5 AND recorded < $6
                 AND type <> 'tier.learned.v1' ORDER BY position DESC LIMIT $4`,
        values: [shard, member, from?.[0] ?? Number.MAX_SAFE_INTEGER, limit + 1, ...bounds],
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
      const shown = rows.slice(0, limit);
      const range = { shard, member, from: shown.at(-1)?.position ?? 0, before: from?.[0] ?? Number.MAX_SAFE_INTEGER };
      const skipped = moment && shown.length > 0 ? await leftOut(tx, range, bounds) : [];
      const items = shown.map((row) => {
        while ((skipped[0]?.position ?? 0) > row.position) takeBack(balances, skipped.shift() as Change);
        return withBalance(entryOf(row), balances);
      });
      const last = rows[limit - 1];
      const next =
        rows.length > limit && last ? encodeCursor(LIST, [last.position, JSON.stringify([...balances])]) : null;
      return { items, next };
    },
    SNAPSHOT,
  );
}

interface Change {
  readonly position: number;
  readonly program: string;
  readonly points: number;
}

interface Range {
  readonly shard: number;
  readonly member: string;
  readonly from: number;
  readonly before: number;
}

/** What entries that took effect or were recorded too late add to balances, the latest first. */
async function leftOut(tx: PoolClient, { shard, member, from, before }: Range, bounds: string[]): Promise<Change[]> {
  const { rows } = await tx.query<Change>({
    name: 'points entries left out',
    text: `SELECT e.position, d.program, sum(p.points)::bigint AS points
           FROM ${schema}.events AS e
           CROSS JOIN LATERAL json_to_record(e.data::json) AS d(program text, postings json)
           CROSS JOIN LATERAL json_to_recordset(d.postings) AS p(bucket text, points bigint)
           WHERE shard = $1 AND subject = $2 AND position > $3 AND position < $4 AND (time > $5 OR recorded >= $6)
             AND p.bucket IN ('held', 'owed')
           GROUP BY e.position, d.program ORDER BY e.position DESC`,
    values: [shard, member, from, before, ...bounds],
  });
  return rows;
}

function takeBack(balances: Map<string, number>, { program, points }: Change): void {
  balances.set(program, (balances.get(program) ?? 0) - points);
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

/** The entry with its wallet's balance after it, where it is of one; `balances` then stand before it. */
function withBalance(entry: Entry, balances: Map<string, number>): Entry {
  if (entry.program === undefined) return entry;
  const balance = balances.get(entry.program) ?? 0;
  balances.set(entry.program, balance - balanceChange(entry));
  return { ...entry, balance };
}
