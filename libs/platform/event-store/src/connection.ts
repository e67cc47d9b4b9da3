import type { Pool, PoolClient, QueryResult } from 'pg';
import type { Statement } from './statements.ts';

/**
 * A connection that a writer loop keeps: prepared statements live with it, and its settings are the writer's alone.
 * Statements are pipelined: sent at once, in order, each answered for itself. After an error the rest of the transaction
 * fails too, and COMMIT rolls back.
 */
export class WriterConnection {
  readonly #client: PoolClient;
  #broken = false;

  private constructor(client: PoolClient) {
    this.#client = client;
    client.on('error', () => (this.#broken = true));
    client.on('end', () => (this.#broken = true));
  }

  static async open(pool: Pool): Promise<WriterConnection> {
    const client = await pool.connect();
    const connection = new WriterConnection(client);
    try {
      await client.query(SETTINGS);
    } catch (error) {
      connection.close();
      throw error;
    }
    // Set only now: pg reads it at every query.
    (client as PoolClient & { pipeline: boolean }).pipeline = true;
    return connection;
  }

  get broken(): boolean {
    return this.#broken;
  }

  /** For deciders' own statements. */
  get client(): PoolClient {
    return this.#client;
  }

  run(statement: Statement, values: unknown[]): Promise<QueryResult> {
    return this.#client.query({ name: statement.name, text: statement.text, values });
  }

  command(text: 'BEGIN' | 'COMMIT' | 'ROLLBACK'): Promise<QueryResult> {
    return this.#client.query(text);
  }

  /** Never back into the pool: its settings would surprise others. */
  close(): void {
    this.#broken = true;
    this.#client.release(true);
  }
}

/**
 * Every statement of a writer finds rows by key. Without these a plan made while a table was still small (autovacuum comes once a
 * minute) would go on reading all of it when it has a million rows. The timeout frees the heads when a writer's machine vanished.
 */
const SETTINGS = `SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
  SET plan_cache_mode = force_generic_plan; SET idle_in_transaction_session_timeout = '60s'`;

/** Results of statements sent together, absent ones undefined; rejects with the first error: those behind it only follow from it. */
export async function together<T>(sent: readonly (Promise<T> | undefined)[]): Promise<(T | undefined)[]> {
  const settled = await Promise.allSettled(sent);
  for (const each of settled) if (each.status === 'rejected') throw each.reason;
  return settled.map((each) => (each as PromiseFulfilledResult<T | undefined>).value);
}

/** The connection or the server is gone or out of room, or another transaction was in the way: try again as it is. */
export function isTransient(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: string };
  if (typeof code === 'string' && code.length === 5) {
    // 08 connection, 40 rollback, 53 resources, 57 intervention, 58 system, 25P03 idle too long, 55P03 lock timeout, LL001 ours.
    return /^(08|40|53|57|58)/.test(code) || code === '25P03' || code === '55P03' || code === 'LL001';
  }
  return isConnectionLoss(error) || /timeout exceeded when trying to connect/.test(message ?? '');
}

export function isConnectionLoss(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: string };
  if (typeof code === 'string') return /^(E[A-Z]+|08...|57P0.)$/.test(code);
  return /Connection terminated|Client has encountered a connection error|not queryable/.test(message ?? '');
}

/** Another writer took one of our keys since we looked it up. */
export function isKeyRace(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === '23505' && constraint === 'keys_pkey';
}
