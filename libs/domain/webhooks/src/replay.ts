import { transaction } from '@loyalty/database';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { sources, wantedTypes } from './core/event-types.ts';
import { changeConfiguration } from './enqueue.ts';
import { holdBack, type ShardPosition } from './hold-back.ts';
import type { Sources } from './sources.ts';
import { findWebhook } from './webhook-store.ts';
import { WEBHOOKS_SCHEMA as S } from './webhooks.ts';

/** From an instant on, by recorded time and in every log; or behind one position of one log. */
export type ReplayFrom = { readonly from: EpochMs } | { readonly after: ShardPosition };

/**
 * Sends everything from there on again, in order, before what is new. What waited is sent in its turn, so nothing is lost.
 * Gives the places that it goes back to; undefined when there is no such webhook.
 */
export async function replay(
  pool: Pool,
  logs: Sources,
  webhook: string,
  wanted: ReplayFrom,
): Promise<ShardPosition[] | undefined> {
  const found = await findWebhook(pool, webhook);
  if (found === undefined) return undefined;
  const again = 'after' in wanted ? [wanted.after] : await positionsBefore(pool, logs, found.types, wanted.from);
  return transaction(pool, async (tx) => {
    await changeConfiguration(tx);
    if (!(await findWebhook(tx, webhook))) return undefined;
    await holdBack(tx, webhook, again);
    const { rows } = await tx.query<ShardPosition>(
      `SELECT source, shard, position FROM ${S}.cursors WHERE webhook = $1 ORDER BY source, shard`,
      [webhook],
    );
    return rows;
  });
}

async function positionsBefore(
  pool: Pool,
  logs: Sources,
  types: readonly string[],
  from: EpochMs,
): Promise<ShardPosition[]> {
  const places: ShardPosition[] = [];
  for (const source of sources.filter((each) => wantedTypes(types, each).length > 0)) {
    const { rows } = await pool.query<{ shard: number; position: number | null }>(
      `SELECT shard, ${S}.position_before($1, shard::smallint, $2) AS position FROM generate_series(0, $3::int - 1) AS shard`,
      [logs.tableOf(source), formatInstant(from), logs.shards(source)],
    );
    for (const { shard, position } of rows) if (position !== null) places.push({ source, shard, position });
  }
  return places;
}
