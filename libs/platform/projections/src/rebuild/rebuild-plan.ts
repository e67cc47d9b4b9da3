import type { SourceLog } from '@loyalty/event-log';
import type { Pool, PoolClient } from 'pg';
import type { ReadModelDefinition } from '../read-model.ts';

export type Db = Pool | PoolClient;

/** What is rebuilt, from where, and by which rows it is known how far the live table is. */
export interface RebuildPlan {
  readonly model: ReadModelDefinition;
  /** Of the service. */
  readonly schema: string;
  readonly service: string;
  /** Qualified. */
  readonly live: string;
  readonly shadow: string;
  /** A table of this database, or a log that lies in another. */
  readonly events: string | SourceLog;
  readonly shards: number;
  readonly viewsSql: string | null;
  /** The primary key's columns. */
  readonly key: readonly KeyColumn[];
}

export interface KeyColumn {
  /** Quoted where it needs to be. */
  readonly name: string;
  readonly type: string;
}

/** Position by shard. */
export type Positions = ReadonlyMap<number, number>;

/**
 * How far the live table has applied its log. Exact: the heads, moved in the same commit. Asynchronous: the checkpoints.
 * With `lock` nobody can move on until the transaction ends: the same rows that writers and runners lock first.
 */
export async function standing(
  db: Db,
  { model, schema, service, shards }: RebuildPlan,
  lock: boolean,
): Promise<Positions> {
  const suffix = lock ? ' FOR UPDATE' : '';
  const { rows } =
    model.kind === 'exact'
      ? await db.query<{ shard: number; position: number }>(
          `SELECT shard, position FROM ${schema}.heads ORDER BY shard${suffix}`,
        )
      : await db.query<{ shard: number; position: number }>(
          `SELECT shard, position FROM ${schema}.checkpoints WHERE consumer = $1 AND source = $2 ORDER BY shard${suffix}`,
          [service, model.source],
        );
  const positions = new Map<number, number>();
  for (let shard = 0; shard < shards; shard++) positions.set(shard, 0);
  for (const { shard, position } of rows) positions.set(shard, position);
  return positions;
}

/** Rows to lock for shards that nothing was read of yet. */
export async function ensureCheckpoints(pool: Pool, { model, schema, service, shards }: RebuildPlan): Promise<void> {
  if (model.kind === 'exact') return;
  await pool.query(
    `INSERT INTO ${schema}.checkpoints (consumer, source, shard, position, hash) SELECT $1, $2, n, 0, '' FROM generate_series(0, $3 - 1) AS n ON CONFLICT DO NOTHING`,
    [service, model.source, shards],
  );
}

/** How far the shadow table is; undefined for a rebuild that has not begun. */
export async function progress(db: Db, { model, schema }: RebuildPlan): Promise<Positions> {
  const { rows } = await db.query<{ shard: number; position: number }>(
    `SELECT shard, position FROM ${schema}.rebuilds WHERE read_model = $1`,
    [model.name],
  );
  return new Map(rows.map(({ shard, position }) => [shard, position]));
}

export function distance(from: Positions, to: Positions): number {
  let sum = 0;
  for (const [shard, position] of to) sum += Math.max(0, position - (from.get(shard) ?? 0));
  return sum;
}
