import type { Pool } from 'pg';
import { accountContracts, accountDecider, type AccountInput } from '../account.fixture.ts';
import { createWriter } from '../writer.ts';

export const SCHEMA = 'accounts';

/** Deposits by ten members, so many events altogether. */
export async function deposit(pool: Pool, events: number, input?: AccountInput): Promise<void> {
  const writer = createWriter({
    pool,
    schema: SCHEMA,
    service: SCHEMA,
    decider: accountDecider(SCHEMA),
    contracts: accountContracts,
  });
  const outcomes = await writer.executeMany(
    Array.from({ length: events }, (_, i) => ({
      subject: `m${i % 10}`,
      input: input ?? { kind: 'deposit' as const, amount: i + 1 },
    })),
  );
  await writer.close();
  const lost = outcomes.find(({ kind }) => kind !== 'accepted');
  if (lost) throw new Error(`not recorded: ${JSON.stringify(lost)}`);
}

/** Hashes of a shard, by position. */
export async function hashesOf(pool: Pool, shard = 0): Promise<Buffer[]> {
  const { rows } = await pool.query<{ hash: Buffer }>(
    `SELECT hash FROM ${SCHEMA}.events WHERE shard = $1 ORDER BY position`,
    [shard],
  );
  return rows.map(({ hash }) => hash);
}

/** As somebody would who owns the database: triggers off. */
export async function inBackdoor(pool: Pool, sql: string): Promise<void> {
  await pool.query(`BEGIN; SET LOCAL session_replication_role = replica; ${sql}; COMMIT`);
}
