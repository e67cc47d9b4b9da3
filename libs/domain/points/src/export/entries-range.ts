import { readHeads } from '@loyalty/event-store';
import { type EpochMs, formatInstant } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { POINTS_SCHEMA as schema } from '../points-writer.ts';

/** A stretch of one shard of the points log, both ends included; empty where `last` is before `first`. */
export interface ShardRange {
  readonly shard: number;
  readonly first: number;
  readonly last: number;
}

/**
 * What was recorded from `from` on and before `to`, as far as the log goes now: later entries are of a later export. Recorded times
 * never go back within a shard, so that an instant is a position, found in 20 seeks among a million.
 */
export async function entriesRange(
  pool: Pool,
  { from, to }: { readonly from?: EpochMs | undefined; readonly to?: EpochMs | undefined },
): Promise<ShardRange[]> {
  const heads = await readHeads(pool, schema);
  return Promise.all(
    heads.map(async ({ shard, position }) => ({
      shard,
      first: from === undefined ? 1 : await firstSince(pool, shard, position, from),
      last: to === undefined ? position : (await firstSince(pool, shard, position, to)) - 1,
    })),
  );
}

/** The first position recorded at or after an instant; one beyond the head where there is none. */
async function firstSince(pool: Pool, shard: number, head: number, instant: EpochMs): Promise<number> {
  let low = 1;
  let high = head + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { rows } = await pool.query<{ since: boolean }>({
      name: 'points recorded since',
      text: `SELECT recorded >= $3 AS since FROM ${schema}.events WHERE shard = $1 AND position = $2`,
      values: [shard, middle, formatInstant(instant)],
    });
    if (rows[0]?.since) high = middle;
    else low = middle + 1;
  }
  return low;
}
