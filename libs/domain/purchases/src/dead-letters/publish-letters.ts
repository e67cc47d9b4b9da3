import type { KafkaClient, OutgoingRecord } from '@loyalty/event-log';
import type { PoolClient } from 'pg';
import { inboundDocument } from '../inbound/inbound-document.ts';
import { SCHEMA } from '../purchases-schema.ts';
import type { LetterRow } from './dead-letter.ts';

const MOST = 100;

/**
 * Publishes the oldest letters that wait for people and are not published yet. A crash between sending and committing sends them
 * twice, with the same `dead-letter-id`.
 * @returns whether there may be more
 */
export async function publishLetters(
  tx: PoolClient,
  client: KafkaClient,
  { topic, replication }: { readonly topic: string; readonly replication: number },
): Promise<boolean> {
  const { rows } = await tx.query<LetterRow>(
    `SELECT * FROM ${SCHEMA}.dead_letters WHERE published IS NULL AND again IS NULL AND state = 'waiting'
ORDER BY id LIMIT ${MOST} FOR UPDATE SKIP LOCKED`,
  );
  if (rows.length === 0) return false;
  if ((await client.partitionsOf(topic)) === undefined) await client.createTopic(topic, 1, replication);
  await client.send(topic, 0, rows.map(letterRecord));
  await tx.query(`UPDATE ${SCHEMA}.dead_letters SET published = clock_timestamp() WHERE id = ANY ($1::bigint[])`, [
    rows.map(({ id }) => id),
  ]);
  return rows.length === MOST;
}

/** As it came, unless it tells who a member is, with the reason in its headers. */
function letterRecord({ id, topic, partition, at_offset, key, body, headers, ...why }: LetterRow): OutgoingRecord {
  const read = inboundDocument({ value: body, headers });
  // A topic forgets nothing.
  const personal = !read.ok && read.personal;
  return {
    key: personal ? null : key,
    value: personal ? null : body,
    headers: {
      ...(!personal && headers),
      'dead-letter-id': String(id),
      'dead-letter-code': why.code,
      'dead-letter-pointer': why.pointer,
      'dead-letter-message': why.message,
      'dead-letter-topic': topic,
      'dead-letter-partition': String(partition),
      'dead-letter-offset': String(at_offset),
    },
  };
}
