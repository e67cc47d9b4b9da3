import { migrate, transaction } from '@loyalty/database';
import { DEFAULT_SHARDS, SHARD_HASH } from '@loyalty/kernel';
import type { ClientBase, Pool } from 'pg';
import { FORMAT, GENESIS } from './chain.ts';

export interface LogOptions {
  readonly schema: string;
  readonly service: string;
  /** Fixed for ever when the log is created. @default 8 */
  readonly shards?: number;
  /** Positions in a partition. Fixed like the shards. @default 4_194_304 */
  readonly partition?: number;
  /** Positions in a block: a power of two, 2 or more. Fixed like the shards. @default 1_024 */
  readonly block?: number;
}

/** What a log's `log` row says. */
export interface LogIdentity {
  readonly service: string;
  readonly shards: number;
  readonly hashFunction: string;
  readonly format: number;
  readonly partition: number;
  readonly block: number;
}

const DEFAULT_PARTITION = 4_194_304;
const DEFAULT_BLOCK = 1_024;

/**
 * Creates the log of a service, or checks that the one that is there is the one that is meant. Run it at every start.
 * Rejects when shards (if given), service, hash function or format differ from those of its creation: subjects would land elsewhere.
 */
export async function installEventStore(pool: Pool, options: LogOptions): Promise<LogIdentity> {
  const { schema, service, shards = DEFAULT_SHARDS, partition = DEFAULT_PARTITION, block = DEFAULT_BLOCK } = options;
  await migrate(pool, schema, new URL('../migrations/', import.meta.url), { set: 'store' });
  await transaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      `INSERT INTO ${schema}.log (service, shards, hash_function, format, partition, block) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT DO NOTHING`,
      [service, shards, SHARD_HASH, FORMAT, partition, block],
    );
    if (rowCount === 0) return;
    await tx.query(
      `INSERT INTO ${schema}.heads SELECT shard, 0, $2, 'epoch', 1 FROM generate_series(0, $1 - 1) AS shard`,
      [shards, GENESIS],
    );
    await tx.query(`SELECT ${schema}.ensure_partitions(shard, 1) FROM ${schema}.heads ORDER BY shard`);
  });
  const identity = await readLog(pool, schema);
  const wanted = { service, shards: options.shards ?? identity.shards, hashFunction: SHARD_HASH, format: FORMAT };
  for (const name of Object.keys(wanted) as (keyof typeof wanted)[]) {
    if (identity[name] !== wanted[name]) {
      throw new Error(
        `the log in schema ${schema} was created with ${name} ${identity[name]}, not ${wanted[name]}; that cannot be changed`,
      );
    }
  }
  return identity;
}

/** The identity of a log. Rejects when there is none. */
export async function readLog(db: Pool | ClientBase, schema: string): Promise<LogIdentity> {
  const { rows } = await db.query<LogIdentity>(
    `SELECT service, shards, hash_function AS "hashFunction", format, partition, block FROM ${schema}.log`,
  );
  if (!rows[0]) throw new Error(`there is no log in schema ${schema}`);
  return rows[0];
}
