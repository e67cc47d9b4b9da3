import { byteaArray, int8Array, jsonArray, textArray } from '@loyalty/database';
import type { Pool } from 'pg';
import type { Problem } from '../core/problem.ts';
import { SCHEMA } from '../purchases-schema.ts';
import { withoutPersons } from './without-persons.ts';

/** A partition of a topic, as long as this topic is there. */
export interface InboundPlace {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

/** A record that could not be recorded, and why. */
export interface Undeliverable {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly body: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: Problem;
}

export interface InboundStep {
  readonly letters: readonly Undeliverable[];
  /** The offset to read next. */
  readonly next: number;
  /** Offsets that were gone before they were read. */
  readonly lost: number;
}

/** Not kept with the document's key: once the purchase is there, the same document is recorded. */
export const TOO_EARLY = 'unknown_purchase';

/** Where to read on; 0 for a partition never read. */
export async function nextOffset(pool: Pool, { topicId, partition }: InboundPlace): Promise<number> {
  const { rows } = await pool.query<{ next: number }>(
    `SELECT next FROM ${SCHEMA}.inbound_offsets WHERE topic_id = $1 AND partition = $2`,
    [topicId, partition],
  );
  return rows[0]?.next ?? 0;
}

/**
 * Keeps the dead letters of a batch and moves on, at once. Called when everything else of the batch is recorded. Never moves back:
 * whoever was thought dead, and still read the partition, has recorded all before where it says it stands.
 */
export async function takeStep(pool: Pool, place: InboundPlace, { letters, next, lost }: InboundStep): Promise<void> {
  const of = <T>(pick: (letter: Undeliverable) => T): T[] => letters.map(pick);
  await pool.query({
    name: `${SCHEMA}_inbound_step`,
    text: `WITH kept AS (
  INSERT INTO ${SCHEMA}.dead_letters (topic, topic_id, partition, at_offset, key, body, headers, code, pointer, message, again)
  SELECT $1, $2, $3, at_offset, key, body, headers, code, pointer, message,
    CASE WHEN code = '${TOO_EARLY}' THEN clock_timestamp() + interval '1 second' END
  FROM unnest($6::int8[], $7::bytea[], $8::bytea[], $9::json[], $10::text[], $11::text[], $12::text[])
    AS letter (at_offset, key, body, headers, code, pointer, message)
  ON CONFLICT (topic_id, partition, at_offset) DO NOTHING
)
INSERT INTO ${SCHEMA}.inbound_offsets AS known (topic, topic_id, partition, next, lost) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (topic_id, partition) DO UPDATE
SET next = excluded.next, lost = known.lost + excluded.lost, moved = clock_timestamp() WHERE known.next < excluded.next`,
    values: [
      place.topic,
      place.topicId,
      place.partition,
      next,
      lost,
      int8Array(of(({ offset }) => offset)),
      byteaArray(of(({ key }) => key)),
      byteaArray(of(({ body }) => body)),
      jsonArray(of(({ headers }) => JSON.stringify(headers))),
      textArray(of((letter) => letter.problem.code)),
      textArray(of((letter) => storable(letter.problem.pointer))),
      textArray(of((letter) => storable(letter.problem.message))),
    ],
  });
}

/** Where the partition does not reach as far as it was read: it begins anew. */
export async function goBack(pool: Pool, { topicId, partition }: InboundPlace, next: number): Promise<void> {
  await pool.query(
    `UPDATE ${SCHEMA}.inbound_offsets SET next = $3, moved = clock_timestamp() WHERE topic_id = $1 AND partition = $2 AND next > $3`,
    [topicId, partition, next],
  );
}

/**
 * Of a pointer or a reason, which name and quote what was sent. PostgreSQL's text takes no NUL, and what looks like a person is left out: a
 * reason is kept when what was sent is forgotten, and is published.
 */
export function storable(text: string): string {
  return withoutPersons(text.replaceAll('\0', '\u{FFFD}').toWellFormed());
}
