import { byteaArray, int2Array, int8Array, textArray, transaction, type Shot } from '@loyalty/database';
import { CheckpointMovedError } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';
import type { Pool, PoolClient } from 'pg';
import { lockClass } from './lock-class.ts';
import type { Checkpoint } from './transport.ts';

/** Whose parking it is. */
export interface ParkingPlace {
  /** Of the consumer: holds `checkpoints` and `parked`. */
  readonly schema: string;
  readonly consumer: string;
  readonly source: string;
}

export interface ShardPlace extends ParkingPlace {
  readonly shard: number;
}

/** Where a consumer stands. No row yet: before the first event. */
export async function readCheckpoint(
  db: Pool | PoolClient,
  { schema, consumer, source, shard }: ShardPlace,
): Promise<Checkpoint> {
  const { rows } = await db.query<Checkpoint>({
    name: `checkpoint_${schema}`,
    text: `SELECT position, encode(hash, 'hex') AS hash FROM ${schema}.checkpoints WHERE consumer = $1 AND source = $2 AND shard = $3`,
    values: [consumer, source, shard],
  });
  return rows[0] ?? { position: 0, hash: '' };
}

/** Moves a checkpoint inside the effects' transaction. Rejects with CheckpointMovedError unless it stood exactly at `from`. */
export async function moveCheckpoint(tx: PoolClient, place: ShardPlace, from: number, to: Checkpoint): Promise<void> {
  const { schema, consumer, source, shard } = place;
  const values = [consumer, source, shard, from, to.position, to.hash];
  const { rowCount } = await tx.query(
    from === 0
      ? {
          name: `checkpoint_make_${schema}`,
          text: `INSERT INTO ${schema}.checkpoints AS c (consumer, source, shard, position, hash) VALUES ($1, $2, $3, $5, decode($6, 'hex'))
ON CONFLICT (consumer, source, shard) DO UPDATE SET position = excluded.position, hash = excluded.hash WHERE c.position = $4::bigint`,
          values,
        }
      : {
          name: `checkpoint_move_${schema}`,
          text: `UPDATE ${schema}.checkpoints SET position = $5, hash = decode($6, 'hex') WHERE consumer = $1 AND source = $2 AND shard = $3 AND position = $4`,
          values,
        },
  );
  if (rowCount === 1) return;
  const { position } = await readCheckpoint(tx, place);
  throw new CheckpointMovedError(
    `${consumer} is at position ${position} of ${source}, shard ${shard}, not at ${from}`,
    position,
  );
}

/** A checkpoint on its way: from `from` to `to`. */
export interface CheckpointMove {
  readonly shard: number;
  /** Position. */
  readonly from: number;
  readonly to: Checkpoint;
}

/**
 * Moves checkpoints of several shards, each once, as the first work of the effects' transaction. Locks them in the order of shards,
 * as whoever wants them all does. Its tag is `SELECT n`, n of them having stood where they were thought to.
 */
export function moveCheckpoints({ schema, consumer, source }: ParkingPlace, moves: readonly CheckpointMove[]): Shot {
  return {
    statement: {
      name: `checkpoints_move_${schema}`,
      text: `WITH next AS (
  SELECT * FROM unnest($3::int2[], $4::int8[], $5::int8[], $6::bytea[]) AS next (shard, expected, position, hash)
), locked AS MATERIALIZED (
  SELECT shard, position FROM ${schema}.checkpoints
  WHERE consumer = $1 AND source = $2 AND shard = ANY ($3::int2[]) ORDER BY shard FOR UPDATE
), moved AS (
  UPDATE ${schema}.checkpoints AS kept SET position = next.position, hash = next.hash
  FROM next JOIN locked USING (shard)
  WHERE kept.consumer = $1 AND kept.source = $2 AND kept.shard = next.shard AND locked.position = next.expected RETURNING 1
), first AS (
  INSERT INTO ${schema}.checkpoints (consumer, source, shard, position, hash)
  SELECT $1, $2, shard, position, hash FROM next WHERE expected = 0 AND NOT EXISTS (SELECT FROM locked WHERE locked.shard = next.shard)
  ON CONFLICT DO NOTHING RETURNING 1
)
SELECT FROM moved UNION ALL SELECT FROM first`,
    },
    values: [
      consumer,
      source,
      int2Array(moves.map(({ shard }) => shard)),
      int8Array(moves.map(({ from }) => from)),
      int8Array(moves.map(({ to }) => to.position)),
      byteaArray(moves.map(({ to }) => Buffer.from(to.hash, 'hex'))),
    ],
  };
}

/** Members of the shard with parked events: what comes for them later has to queue up behind. */
export async function parkedSubjects(
  pool: Pool,
  { schema, consumer, source, shard }: ShardPlace,
): Promise<Set<string>> {
  const { rows } = await pool.query<{ subject: string }>(
    `SELECT DISTINCT subject FROM ${schema}.parked WHERE consumer = $1 AND source = $2 AND shard = $3`,
    [consumer, source, shard],
  );
  return new Set(rows.map(({ subject }) => subject));
}

/** Runs alone among all who park, retry or discard in the shard. */
export function underParkingLock<T>(pool: Pool, place: ShardPlace, work: (tx: PoolClient) => Promise<T>): Promise<T> {
  return transaction(pool, async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1::int4, $2::int4)', [
      lockClass('park', place.schema, place.consumer, place.source),
      place.shard,
    ]);
    return work(tx);
  });
}

/** Parks an event that failed on its own and steps over it, in one transaction. */
export function parkFailed(
  pool: Pool,
  place: ShardPlace,
  from: number,
  event: StoredEvent,
  reason: string,
  attempts: number,
): Promise<void> {
  return underParkingLock(pool, place, async (tx) => {
    await moveCheckpoint(tx, place, from, event);
    await insertParked(tx, place, [event], reason, attempts);
  });
}

/**
 * Parks the events of members that have some parked already; gives the members that have none any more (a retry was quicker).
 * The checkpoint stays: it passes these events together with the rest of the batch. Until then they are in both places, which is
 * harmless, because nobody retries what lies beyond the checkpoint and parking it again changes nothing.
 */
export function parkBehind(pool: Pool, place: ShardPlace, events: readonly StoredEvent[]): Promise<Set<string>> {
  return underParkingLock(pool, place, async (tx) => {
    const subjects = [...new Set(events.map(({ subject }) => subject))];
    const { rows } = await tx.query<{ subject: string }>(
      `SELECT DISTINCT subject FROM ${place.schema}.parked WHERE consumer = $1 AND source = $2 AND shard = $3 AND subject = ANY ($4::text[])`,
      [place.consumer, place.source, place.shard, textArray(subjects)],
    );
    const still = new Set(rows.map(({ subject }) => subject));
    await insertParked(
      tx,
      place,
      events.filter(({ subject }) => still.has(subject)),
      'waits behind an earlier parked event of the same subject',
      0,
    );
    return new Set(subjects.filter((subject) => !still.has(subject)));
  });
}

async function insertParked(
  tx: PoolClient,
  { schema, consumer, source, shard }: ShardPlace,
  events: readonly StoredEvent[],
  reason: string,
  attempts: number,
): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `INSERT INTO ${schema}.parked (consumer, source, shard, position, subject, event, reason, attempts, parked_at)
SELECT $1, $2, $3, position, subject, event, $7, $8, clock_timestamp()
FROM unnest($4::int8[], $5::text[], $6::text[]) AS parked (position, subject, event)
ON CONFLICT DO NOTHING`,
    [
      consumer,
      source,
      shard,
      int8Array(events.map(({ position }) => position)),
      textArray(events.map(({ subject }) => subject)),
      textArray(events.map((event) => JSON.stringify(event))),
      reason,
      attempts,
    ],
  );
}
