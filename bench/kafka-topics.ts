import { openKafkaClient, type KafkaClient, type KafkaClientName } from '@loyalty/event-log';
import { readHeads } from '@loyalty/event-store';
import { POINTS_SCHEMA } from '@loyalty/points';
import type { Pool } from 'pg';
import { earn, emptyLedger } from './ledger.ts';

const MEMBERS = 40_000;
const EVENTS = 200_000;

/** A points log of 200,000 lots or so, and nobody who writes. Gives how many events each shard has. */
export async function filledLog(pool: Pool, onProgress?: (what: string) => void): Promise<number[]> {
  const writer = await emptyLedger(pool);
  try {
    await earn(writer, {
      count: EVENTS,
      seed: 21,
      members: MEMBERS,
      prefix: 'k',
      onProgress: (done) => onProgress?.(`${done} of ${EVENTS} events written`),
    });
  } finally {
    await writer.close();
  }
  await pool.query('VACUUM ANALYZE');
  return (await readHeads(pool, POINTS_SCHEMA)).map(({ position }) => position);
}

export async function withClient<T>(
  name: KafkaClientName,
  brokers: readonly string[],
  work: (client: KafkaClient) => Promise<T>,
): Promise<T> {
  const client = await openKafkaClient(name, { brokers, clientId: 'bench' });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
