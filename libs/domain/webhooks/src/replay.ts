import { transaction } from '@loyalty/database';
import type { SourceLog } from '@loyalty/event-log';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { sources, wantedTypes } from './core/event-types.ts';
import { changeConfiguration } from './enqueue.ts';
import { holdBack, type ShardPosition } from './hold-back.ts';
import { fromBroker } from './from-broker.ts';
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
  const wanted = sources.filter((each) => wantedTypes(types, each).length > 0);
  const places = await Promise.all(
    wanted.map(async (source) => {
      const shards = logs.shards(source);
      const far = logs.far.get(source);
      const found =
        far === undefined
          ? await nearPositions(pool, logs.near.get(source) as string, shards, from)
          : await farPositions(far, shards, from);
      return found.flatMap((position, shard) => (position === null ? [] : [{ source, shard, position }]));
    }),
  );
  return places.flat();
}

/** By shard. */
async function nearPositions(pool: Pool, table: string, shards: number, from: EpochMs): Promise<(number | null)[]> {
  const { rows } = await pool.query<{ position: number | null }>(
    `SELECT ${S}.position_before($1, shard::smallint, $2) AS position FROM generate_series(0, $3::int - 1) AS shard ORDER BY shard`,
    [table, formatInstant(from), shards],
  );
  return rows.map(({ position }) => position);
}

/** By shard. */
async function farPositions(log: SourceLog, shards: number, from: EpochMs): Promise<(number | null)[]> {
  const found = await fromBroker(() => log.positionsBefore(from));
  return Array.from({ length: shards }, (_, shard) => found.get(shard) ?? null);
}
