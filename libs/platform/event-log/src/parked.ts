import type { Outcome, Work, Writer } from '@loyalty/event-store';
import type { EpochMs, StoredEvent } from '@loyalty/kernel';
import type { Pool, PoolClient } from 'pg';
import { reasonOf } from './faults.ts';
import { readCheckpoint, underParkingLock, type ParkingPlace, type ShardPlace } from './parking.ts';
import { translate, type Handlers } from './translate.ts';

/** An event set aside because it failed, or because an earlier one of its subject did. */
export interface ParkedEvent {
  readonly consumer: string;
  readonly source: string;
  readonly shard: number;
  readonly position: number;
  readonly subject: string;
  readonly event: StoredEvent;
  readonly reason: string;
  /** 0 = never tried: it waits behind another. */
  readonly attempts: number;
  /** ISO 8601. */
  readonly parkedAt: string;
}

export interface ParkedFilter {
  readonly consumer?: string;
  readonly source?: string;
  readonly subject?: string;
  readonly shard?: number;
  readonly position?: number;
}

/** Parked events of a service, by consumer, source, shard and position. @param limit at most this many @default 1000 */
export async function listParked(
  db: Pool | PoolClient,
  schema: string,
  filter: ParkedFilter = {},
  limit = 1_000,
): Promise<ParkedEvent[]> {
  const { rows } = await db.query<Omit<ParkedEvent, 'event'> & { event: string }>(
    `SELECT consumer, source, shard, position, subject, event, reason, attempts,
  to_char(parked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "parkedAt"
FROM ${schema}.parked
WHERE ($1::text IS NULL OR consumer = $1) AND ($2::text IS NULL OR source = $2) AND ($3::text IS NULL OR subject = $3)
  AND ($4::int IS NULL OR shard = $4) AND ($5::bigint IS NULL OR position = $5)
ORDER BY consumer, source, shard, position LIMIT $6`,
    [
      filter.consumer ?? null,
      filter.source ?? null,
      filter.subject ?? null,
      filter.shard ?? null,
      filter.position ?? null,
      limit,
    ],
  );
  return rows.map((row) => ({ ...row, event: JSON.parse(row.event) as StoredEvent }));
}

/** A reactor's translation and writer, as they are needed to try its parked events again. */
export interface RetryOptions<Input> extends ParkingPlace {
  readonly pool: Pool;
  readonly handlers: Handlers<Input>;
  readonly writer: Pick<Writer<Input, unknown>, 'execute'>;
  readonly filter?: Omit<ParkedFilter, 'consumer' | 'source' | 'position'>;
}

export interface RetryResult {
  /** Applied now; `refused` of them by a rule, which counts as applied, as it does in the stream. */
  readonly released: number;
  readonly refused: number;
  /** Failed again (one a subject, the others wait behind it). */
  readonly failed: readonly ParkedEvent[];
}

/**
 * Tries parked events again, subject by subject in order; a subject stops at its first failure. Works beside the running consumer.
 * Once each: the work is keyed by the event's place, so a crash between its commit and the release only asks again.
 */
export async function retryParked<Input>(options: RetryOptions<Input>): Promise<RetryResult> {
  const { pool, schema, consumer, source, filter = {} } = options;
  const { rows } = await pool.query<{ shard: number; subject: string }>(
    `SELECT DISTINCT shard, subject FROM ${schema}.parked WHERE consumer = $1 AND source = $2
  AND ($3::int IS NULL OR shard = $3) AND ($4::text IS NULL OR subject = $4) ORDER BY shard, subject`,
    [consumer, source, filter.shard ?? null, filter.subject ?? null],
  );
  let released = 0;
  let refused = 0;
  const failed: ParkedEvent[] = [];
  for (const { shard, subject } of rows) {
    const result = await retrySubject(options, { schema, consumer, source, shard }, subject);
    released += result.released;
    refused += result.refused;
    if (result.failed !== null) failed.push(result.failed);
  }
  return { released, refused, failed };
}

async function retrySubject<Input>(
  { pool, handlers, writer }: RetryOptions<Input>,
  place: ShardPlace,
  subject: string,
): Promise<{ released: number; refused: number; failed: ParkedEvent | null }> {
  return underParkingLock(pool, place, async (tx) => {
    const at = await readCheckpoint(tx, place);
    const parked = await listParked(tx, place.schema, { ...place, subject }, 10_000);
    let released = 0;
    let refused = 0;
    for (const each of parked) {
      // Beyond the checkpoint it is the consumer's still.
      if (each.position > at.position) break;
      try {
        const outcome = await applyAgain(handlers, writer, place, each.event);
        if (outcome?.kind === 'refused') refused++;
      } catch (error) {
        const failed = { ...each, reason: reasonOf(error), attempts: each.attempts + 1 };
        await tx.query(
          `UPDATE ${place.schema}.parked SET reason = $5, attempts = $6 WHERE consumer = $1 AND source = $2 AND shard = $3 AND position = $4`,
          [place.consumer, place.source, place.shard, each.position, failed.reason, failed.attempts],
        );
        return { released, refused, failed };
      }
      await release(tx, place, each.position);
      released++;
    }
    return { released, refused, failed: null };
  });
}

async function applyAgain<Input>(
  handlers: Handlers<Input>,
  writer: Pick<Writer<Input, unknown>, 'execute'>,
  place: ShardPlace,
  event: StoredEvent,
): Promise<Outcome<unknown> | null> {
  const [made] = await translate(handlers, [event]);
  if (made === undefined) return null;
  const { position: _position, hash: _hash, ...work } = made;
  return writer.execute({ ...(work as Work<Input>), key: keyOf('parked', place, event) });
}

export interface DiscardOptions extends ShardPlace {
  readonly pool: Pool;
  readonly position: number;
  /** Why it may be left out for ever; recorded. */
  readonly reason: string;
  /** Who says so; recorded. */
  readonly by: string;
  readonly now: EpochMs;
  readonly writer: Pick<Writer<never, unknown>, 'broadcast'>;
}

/** Type of the event that records a discard in the consumer's own log. */
export const DISCARDED = 'reaction.discarded.v1';

/** Subject of the events that record discards, in every shard of the consumer's own log. */
export function discardSubject({ consumer, source }: Pick<ParkingPlace, 'consumer' | 'source'>): string {
  return `parked:${consumer}/${source}`;
}

/**
 * Gives a parked event up: what it would have done is never done. Recorded first, in every shard of the consumer's own log because
 * it is the operator's doing and no member's. The subject's later parked events stay parked: retry them next.
 * False when there is no such parked event.
 */
export async function discardParked({
  pool,
  position,
  reason,
  by,
  now,
  writer,
  ...place
}: DiscardOptions): Promise<boolean> {
  return underParkingLock(pool, place, async (tx) => {
    const at = await readCheckpoint(tx, place);
    const [parked] = await listParked(
      tx,
      place.schema,
      { consumer: place.consumer, source: place.source, shard: place.shard, position },
      1,
    );
    if (parked === undefined || position > at.position) return false;
    const { consumer, source, shard } = place;
    const { event } = parked;
    const data = {
      consumer,
      source,
      shard,
      position,
      event: event.id,
      type: event.type,
      subject: event.subject,
      failure: parked.reason,
      reason,
      by,
    };
    await writer.broadcast(discardSubject(place), [{ type: DISCARDED, time: now, data }], {
      key: keyOf('discarded', place, event),
      causation: event.id,
    });
    await release(tx, place, position);
    return true;
  });
}

function keyOf(what: string, { consumer, source, shard }: ShardPlace, event: StoredEvent) {
  return { namespace: `${what}:${consumer}/${source}`, key: `${shard}/${event.position}`, hash: event.hash };
}

async function release(
  tx: PoolClient,
  { schema, consumer, source, shard }: ShardPlace,
  position: number,
): Promise<void> {
  await tx.query(`DELETE FROM ${schema}.parked WHERE consumer = $1 AND source = $2 AND shard = $3 AND position = $4`, [
    consumer,
    source,
    shard,
    position,
  ]);
}
