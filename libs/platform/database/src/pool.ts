import pg from 'pg';
import { typeParsers } from './type-parsers.ts';

export interface PoolOptions {
  readonly url: string;
  /** Connections at most. @default 30 */
  readonly max?: number;
  /** Shown in pg_stat_activity. @default loyalty */
  readonly name?: string;
}

/** What every connection of this house has in common, however its pool was made. */
export function poolConfig({ max = 30, name = 'loyalty' }: Omit<PoolOptions, 'url'>): pg.PoolConfig {
  return {
    max,
    application_name: name,
    types: typeParsers,
    // parseTimestamptz relies on it.
    options: '-c timezone=UTC',
    keepAlive: true,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 15_000,
    // A connection that breaks fails the query under way and emits an event besides; unheard, that would end the process, also while
    // somebody holds the connection between two queries.
    onConnect: (client) => void client.on('error', () => undefined),
  };
}

/** A bare pool, for benches, tests and the command line. A process of services has one by `openDatabase`. */
export function createPool({ url, ...options }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, ...poolConfig(options) });
  // An idle connection that breaks is replaced by the next query; unheard, the event would end the process.
  pool.on('error', () => undefined);
  return pool;
}
