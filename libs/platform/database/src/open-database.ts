import type { Pool } from 'pg';
import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { poolConfig, type PoolOptions } from './pool.ts';

/** Nest token of the process's one `Database`. */
export const DATABASE = Symbol('DATABASE');

export interface Database {
  /** The one pool of the process. It belongs to the data source: `close()` ends both. */
  readonly pool: Pool;
  /** For query-side read models and small administrative tables, never inside a group commit. */
  readonly dataSource: DataSource;
  readonly url: string;
  close(): Promise<void>;
}

export interface DatabaseOptions extends PoolOptions {
  /** Classes with `@Entity`. They may also be added by `TypeOrmModule.forFeature`. */
  readonly entities?: readonly EntityTarget<ObjectLiteral>[];
}

/** Opens the process's pool through TypeORM, so that both use the same connections. Rejects when the server cannot be reached. */
export async function openDatabase({ url, entities = [], ...options }: DatabaseOptions): Promise<Database> {
  // Loaded here (115 ms) because half the importers of this library only want the encoders.
  const { DataSource } = await import('typeorm');
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    synchronize: false,
    entities: [...entities] as never,
    extra: poolConfig(options),
    poolErrorHandler: () => undefined,
  });
  await dataSource.initialize();
  const pool = (dataSource.driver as unknown as { master: Pool }).master;
  return { pool, dataSource, url, close: () => dataSource.destroy() };
}
