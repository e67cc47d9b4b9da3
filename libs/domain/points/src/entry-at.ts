import type { LogPosition } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { type Entry, ENTRY_COLUMNS, entryOf, type EntryRow } from './entry.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

/** The entry that stands at a position of the log; null where none does. */
export async function entryAt(pool: Pool, { shard, position }: LogPosition): Promise<Entry | null> {
  const { rows } = await pool.query<EntryRow>({
    name: 'points entry by position',
    text: `SELECT ${ENTRY_COLUMNS} FROM ${schema}.events WHERE shard = $1 AND position = $2`,
    values: [shard, position],
  });
  return rows[0] ? entryOf(rows[0]) : null;
}
