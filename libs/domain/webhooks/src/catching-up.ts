import { textArray, transaction } from '@loyalty/database';
import type { SourceLog } from '@loyalty/event-log';
import type { EpochMs } from '@loyalty/kernel';
import type { Pool, PoolClient } from 'pg';
import { wantedTypes } from './core/event-types.ts';
import { enqueue, holdConfiguration, QUEUE, WAITING, type Place } from './enqueue.ts';
import { carriedPlaceOf, CONSUMER, isOwnCopy, placeOf } from './queueing.ts';
import type { Sources } from './sources.ts';
import { WEBHOOKS_SCHEMA as S } from './webhooks.ts';

interface Cursor {
  readonly webhook: string;
  readonly types: string[];
  readonly source: string;
  readonly shard: number;
  readonly position: number;
}

/** What follows a cursor, as far as it was looked at. */
interface Step {
  readonly places: readonly Place[];
  readonly reached: number;
}

/** Positions looked at in one step, and events queued by it, at most. */
const STEP = { positions: 5_000, events: 500 } as const;

/**
 * Queues the next events of one webhook that is behind in one shard: for a webhook that was enabled again, whose queue was full, or
 * to which events are sent again. Where it has come up to the consumer, that queues for it from then on. Any number of
 * processes may call it; each takes another shard. Gives whether there was something to do.
 */
export async function catchUp(pool: Pool, sources: Sources, now: EpochMs): Promise<boolean> {
  const { near, far } = sources;
  if (near.size > 0 && (await catchUpNear(pool, sources, now))) return true;
  return far.size > 0 && catchUpFar(pool, sources, now);
}

function catchUpNear(pool: Pool, sources: Sources, now: EpochMs): Promise<boolean> {
  return transaction(pool, async (tx) => {
    await holdConfiguration(tx);
    const cursor = await nextCursor(tx, [...sources.near.keys()], true);
    if (cursor === undefined) return false;
    const end = await consumerEnd(tx, cursor);
    const table = sources.near.get(cursor.source) as string;
    await settle(tx, cursor, end, await stepIn(tx, table, cursor, end, sources), now);
    return true;
  });
}

/** The log is read before anything is locked, for a broker may take its time. */
async function catchUpFar(pool: Pool, sources: Sources, now: EpochMs): Promise<boolean> {
  const found = await nextCursor(pool, [...sources.far.keys()], false);
  if (found === undefined) return false;
  const step = await stepOver(sources.far.get(found.source) as SourceLog, found, sources);
  return transaction(pool, async (tx) => {
    await holdConfiguration(tx);
    const cursor = await lockCursor(tx, found);
    // Somebody else was quicker; there may be more to do.
    if (cursor === undefined) return true;
    const end = await consumerEnd(tx, cursor);
    const places = step.places.filter(({ position }) => position <= end);
    await settle(tx, cursor, end, { places, reached: Math.min(step.reached, end) }, now);
    return step.reached > cursor.position;
  });
}

/** Of a webhook that takes more. With `lock`: nobody else works on it until the transaction ends. */
async function nextCursor(
  db: Pool | PoolClient,
  sources: readonly string[],
  lock: boolean,
): Promise<Cursor | undefined> {
  const { rows } = await db.query<Cursor>({
    name: `webhooks-cursor${lock ? '-locked' : ''}`,
    text: `SELECT c.webhook, w.types, c.source, c.shard, c.position
FROM (SELECT id, types FROM ${S}.webhooks AS w WHERE disabled IS NULL AND ${WAITING} < ${QUEUE.low}) AS w
JOIN ${S}.cursors AS c ON c.webhook = w.id WHERE c.source = ANY ($1::text[])
LIMIT 1${lock ? ' FOR UPDATE OF c SKIP LOCKED' : ''}`,
    values: [textArray(sources)],
  });
  return rows[0];
}

/** Undefined where it is no longer the same: it was moved, or its webhook takes nothing now, or other types. */
async function lockCursor(tx: PoolClient, found: Cursor): Promise<Cursor | undefined> {
  const { webhook, types, source, shard, position } = found;
  const { rowCount } = await tx.query({
    name: 'webhooks-cursor-same',
    text: `SELECT FROM ${S}.cursors AS c JOIN ${S}.webhooks AS w ON w.id = c.webhook
WHERE c.webhook = $1 AND c.source = $2 AND c.shard = $3 AND c.position = $4 AND w.disabled IS NULL AND w.types = $5::text[]
FOR UPDATE OF c SKIP LOCKED`,
    values: [webhook, source, shard, position, textArray(types)],
  });
  return rowCount === 1 ? found : undefined;
}

/** Under this lock the consumer stands still: it either queued what follows for itself, or sees that the cursor is gone. */
async function consumerEnd(tx: PoolClient, { source, shard }: Cursor): Promise<number> {
  const { rows } = await tx.query<{ position: number }>(
    `SELECT position FROM ${S}.checkpoints WHERE consumer = $1 AND source = $2 AND shard = $3 FOR UPDATE`,
    [CONSUMER, source, shard],
  );
  const end = rows[0]?.position;
  if (end === undefined) throw new Error(`webhooks: a cursor in ${source}, shard ${shard}, but no checkpoint`);
  return end;
}

async function settle(tx: PoolClient, cursor: Cursor, end: number, step: Step, now: EpochMs): Promise<void> {
  await enqueue(tx, step.places, now);
  const place = [cursor.webhook, cursor.source, cursor.shard];
  if (step.reached >= end) {
    await tx.query(`DELETE FROM ${S}.cursors WHERE webhook = $1 AND source = $2 AND shard = $3`, place);
  } else {
    await tx.query(`UPDATE ${S}.cursors SET position = $4 WHERE webhook = $1 AND source = $2 AND shard = $3`, [
      ...place,
      step.reached,
    ]);
  }
}

/** In a log whose table is in this database: what the events say is read when they are sent. */
async function stepIn(
  tx: PoolClient,
  table: string,
  { webhook, types, source, shard, position }: Cursor,
  end: number,
  sources: Sources,
): Promise<Step> {
  const wanted = wantedTypes(types, source);
  const upto = wanted.length === 0 ? end : Math.min(end, position + STEP.positions);
  const { rows } = await tx.query<{ subject: string; position: number }>({
    name: `webhooks-between-${source}`,
    text: `SELECT subject, position FROM ${table}
WHERE shard = $1 AND position > $2 AND position <= $3 AND type = ANY ($4::text[]) ORDER BY shard, position LIMIT ${STEP.events}`,
    values: [shard, position, upto, textArray(wanted)],
  });
  const events = rows.map((row) => ({ ...row, source, shard }));
  const own = events.filter((event) => isOwnCopy(event, sources.shards(source)));
  const reached = rows.length < STEP.events ? upto : (rows.at(-1)?.position ?? upto);
  return { places: own.map((event) => placeOf(webhook, event)), reached };
}

/** In a log that lies elsewhere: what the events say is kept until they are sent. */
async function stepOver(
  log: SourceLog,
  { webhook, types, source, shard, position }: Cursor,
  sources: Sources,
): Promise<Step> {
  const wanted = new Set(wantedTypes(types, source));
  if (wanted.size === 0) return { places: [], reached: Infinity };
  const { events, reached } = await log.read({ shard, after: position, ...STEP, types: wanted });
  const own = events.filter((event) => isOwnCopy(event, sources.shards(source)));
  return { places: own.map((event) => carriedPlaceOf(webhook, event)), reached };
}
