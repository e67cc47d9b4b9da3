import { parseTimestamptz } from '@loyalty/database';
import type { EpochMicros, LogPosition, StoredEvent } from '@loyalty/kernel';
import type { ClientBase, Pool } from 'pg';

type Db = Pool | ClientBase;

interface EventRow {
  readonly shard: number;
  readonly position: number;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly recorded: string;
  readonly correlation: string | null;
  readonly causation: string | null;
  readonly trace: string | null;
  readonly data: string;
  readonly hash: string;
}

/** A shard's end. */
export interface Head {
  readonly shard: number;
  readonly position: number;
  /** 64 hex digits. */
  readonly hash: string;
  readonly recorded: EpochMicros;
  readonly generation: number;
}

const COLUMNS = `shard, position, id, type, subject, time, recorded, correlation, causation, trace, data, encode(hash, 'hex') AS hash`;

/** Events of one shard behind a position, in order. `service` stands in them as their source. */
export async function readShard(
  db: Db,
  schema: string,
  query: {
    readonly service: string;
    readonly shard: number;
    readonly after: number;
    readonly upto?: number;
    readonly limit: number;
  },
): Promise<StoredEvent[]> {
  const { rows } = await db.query<EventRow>({
    name: `read_shard_${schema}`,
    text: `SELECT ${COLUMNS} FROM ${schema}.events WHERE shard = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4`,
    values: [query.shard, query.after, query.upto ?? Number.MAX_SAFE_INTEGER, query.limit],
  });
  return rows.map((row) => storedEvent(query.service, row));
}

/** Events of one subject, by position; `after` and `before` exclusive. */
export async function readSubject(
  db: Db,
  schema: string,
  query: {
    readonly service: string;
    readonly subject: string;
    readonly shard: number;
    readonly after?: number;
    readonly before?: number;
    /** @default all */
    readonly limit?: number;
    readonly descending?: boolean;
  },
): Promise<StoredEvent[]> {
  const order = query.descending ? 'DESC' : 'ASC';
  const { rows } = await db.query<EventRow>({
    name: `read_subject_${schema}_${order}`,
    text: `SELECT ${COLUMNS} FROM ${schema}.events WHERE shard = $1 AND subject = $2 AND position > $3 AND position < $4
           ORDER BY position ${order} LIMIT $5`,
    values: [
      query.shard,
      query.subject,
      query.after ?? 0,
      query.before ?? Number.MAX_SAFE_INTEGER,
      query.limit ?? null,
    ],
  });
  return rows.map((row) => storedEvent(query.service, row));
}

/**
 * Events of many subjects in one statement, in order of position within each: for a decider's `full` load.
 * Subjects without events are missing from the map.
 */
export async function readSubjects(
  db: Db,
  schema: string,
  service: string,
  subjects: readonly { readonly subject: string; readonly shard: number }[],
): Promise<Map<string, StoredEvent[]>> {
  const { rows } = await db.query<EventRow>({
    name: `read_subjects_${schema}`,
    text: `SELECT ${COLUMNS.replace('shard, position', 'found.shard, found.position').replace('subject,', 'found.subject,')}
           FROM unnest($1::int2[], $2::text[]) AS asked(shard, subject)
           CROSS JOIN LATERAL (SELECT * FROM ${schema}.events WHERE events.shard = asked.shard AND events.subject = asked.subject
             ORDER BY position) AS found`,
    values: [subjects.map((each) => each.shard), subjects.map((each) => each.subject)],
  });
  const events = new Map<string, StoredEvent[]>();
  for (const row of rows) {
    const event = storedEvent(service, row);
    const list = events.get(event.subject);
    if (list) list.push(event);
    else events.set(event.subject, [event]);
  }
  return events;
}

/** Where events with this id stand: one place, or one in every shard for an event about no single subject. Empty: nowhere. */
export async function findEvent(db: Db, schema: string, id: string): Promise<LogPosition[]> {
  const { rows } = await db.query<LogPosition>(
    `SELECT shard, position FROM ${schema}.events WHERE id = $1::uuid ORDER BY shard, position`,
    [id],
  );
  return rows;
}

/** All heads, by shard, read at one instant. */
export async function readHeads(db: Db, schema: string): Promise<Head[]> {
  const { rows } = await db.query<Omit<Head, 'recorded'> & { recorded: string }>(
    `SELECT shard, position, encode(hash, 'hex') AS hash, recorded, generation FROM ${schema}.heads ORDER BY shard`,
  );
  return rows.map((row) => ({ ...row, recorded: parseTimestamptz(row.recorded) }));
}

function storedEvent(service: string, { time, recorded, ...row }: EventRow): StoredEvent {
  return { ...row, source: service, time: parseTimestamptz(time) / 1000, recorded: parseTimestamptz(recorded) };
}
