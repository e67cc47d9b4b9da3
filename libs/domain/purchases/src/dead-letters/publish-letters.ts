import type { KafkaClient } from '@loyalty/event-log';
import type { PoolClient } from 'pg';
import { SCHEMA } from '../purchases-schema.ts';
import type { LetterRow } from './dead-letter.ts';
import { letterRecord } from './letter-record.ts';

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
