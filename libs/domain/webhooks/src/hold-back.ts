import type { PoolClient } from 'pg';
import { CONSUMER } from './queueing.ts';
import { WEBHOOKS_SCHEMA as S } from './webhooks.ts';

/** Before the first event of a shard that is to be sent (again). */
export interface ShardPosition {
  readonly source: string;
  readonly shard: number;
  readonly position: number;
}

/**
 * Empties a webhook's queue, and notes where in each log it began, so that nothing of it is lost: it is queued from there again once
 * the webhook delivers. `again` takes it further back. Under `changeConfiguration`.
 */
export async function holdBack(tx: PoolClient, webhook: string, again: readonly ShardPosition[] = []): Promise<void> {
  // Lanes before queue: the order in which a delivery under way takes an event out.
  await tx.query(`DELETE FROM ${S}.lanes WHERE webhook = $1`, [webhook]);
  await tx.query(
    `INSERT INTO ${S}.cursors AS c (webhook, source, shard, position)
SELECT $1, source, shard, min(position) - 1 FROM ${S}.queue WHERE webhook = $1 GROUP BY source, shard
ON CONFLICT (webhook, source, shard) DO UPDATE SET position = least(c.position, excluded.position)`,
    [webhook],
  );
  await tx.query(`DELETE FROM ${S}.queue WHERE webhook = $1`, [webhook]);
  for (const { source, shard, position } of again) {
    // What lies beyond the checkpoint comes anyway.
    await tx.query(
      `INSERT INTO ${S}.cursors AS c (webhook, source, shard, position)
SELECT $1, source, shard, $5::bigint FROM ${S}.checkpoints WHERE consumer = $2 AND source = $3 AND shard = $4 AND position > $5::bigint
ON CONFLICT (webhook, source, shard) DO UPDATE SET position = least(c.position, excluded.position)`,
      [webhook, CONSUMER, source, shard, position],
    );
  }
}
