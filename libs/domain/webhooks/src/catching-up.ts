import { textArray, transaction } from '@loyalty/database';
import type { EpochMs } from '@loyalty/kernel';
import type { Pool, PoolClient } from 'pg';
import { wantedTypes } from './core/event-types.ts';
import { enqueue, holdConfiguration, QUEUE, WAITING } from './enqueue.ts';
import { CONSUMER, isOwnCopy, placeOf } from './queueing.ts';
import type { Sources } from './sources.ts';
import { WEBHOOKS_SCHEMA as S } from './webhooks.ts';

interface Cursor {
  readonly webhook: string;
  readonly types: string[];
  readonly source: string;
  readonly shard: number;
  readonly position: number;
}

/** Positions looked at in one step, and events queued by it, at most. */
const STEP = { positions: 5_000, events: 500 } as const;

/**
 * Queues the next events of one webhook that is behind in one shard: for a webhook that was enabled again, whose queue was full, or
 * to which events are sent again. Where it has come up to the consumer, that queues for it from then on. Any number of
 * processes may call it; each takes another shard. Gives whether there was something to do.
 */
export function catchUp(pool: Pool, sources: Sources, now: EpochMs): Promise<boolean> {
  return transaction(pool, async (tx) => {
    await holdConfiguration(tx);
    const cursor = await nextCursor(tx);
    if (cursor === undefined) return false;
    const { webhook, source, shard, position } = cursor;
    // Under this lock the consumer stands still: it either queued what follows for itself, or sees that the cursor is gone.
    const { rows } = await tx.query<{ position: number }>(
      `SELECT position FROM ${S}.checkpoints WHERE consumer = $1 AND source = $2 AND shard = $3 FOR UPDATE`,
      [CONSUMER, source, shard],
    );
    const end = rows[0]?.position;
    if (end === undefined) throw new Error(`webhooks: a cursor in ${source}, shard ${shard}, but no checkpoint`);
    const wanted = wantedTypes(cursor.types, source);
    const upto = wanted.length === 0 ? end : Math.min(end, position + STEP.positions);
    const found = await eventsBetween(tx, sources.tableOf(source), cursor, upto, wanted);
    const own = found.filter((event) => isOwnCopy({ ...event, shard }, sources.shards(source)));
    await enqueue(
      tx,
      own.map((event) => placeOf(webhook, { ...event, source, shard })),
      now,
    );
    const reached = found.length < STEP.events ? upto : (found.at(-1)?.position ?? upto);
    const place = [webhook, source, shard];
    if (reached >= end) {
      await tx.query(`DELETE FROM ${S}.cursors WHERE webhook = $1 AND source = $2 AND shard = $3`, place);
    } else {
      await tx.query(`UPDATE ${S}.cursors SET position = $4 WHERE webhook = $1 AND source = $2 AND shard = $3`, [
        ...place,
        reached,
      ]);
    }
    return true;
  });
}

async function nextCursor(tx: PoolClient): Promise<Cursor | undefined> {
  const { rows } = await tx.query<Cursor>({
    name: 'webhooks-cursor',
    text: `SELECT c.webhook, w.types, c.source, c.shard, c.position
FROM (SELECT id, types FROM ${S}.webhooks AS w WHERE disabled IS NULL AND ${WAITING} < ${QUEUE.low}) AS w
JOIN ${S}.cursors AS c ON c.webhook = w.id
LIMIT 1 FOR UPDATE OF c SKIP LOCKED`,
  });
  return rows[0];
}

async function eventsBetween(
  tx: PoolClient,
  table: string,
  { source, shard, position }: Cursor,
  upto: number,
  types: readonly string[],
): Promise<{ readonly subject: string; readonly position: number }[]> {
  const { rows } = await tx.query<{ subject: string; position: number }>({
    name: `webhooks-between-${source}`,
    text: `SELECT subject, position FROM ${table}
WHERE shard = $1 AND position > $2 AND position <= $3 AND type = ANY ($4::text[]) ORDER BY shard, position LIMIT ${STEP.events}`,
    values: [shard, position, upto, textArray(types)],
  });
  return rows;
}
