import { CopyRows, fire, type Shot, type Statement } from '@loyalty/database';
import type { Pool, PoolClient, QueryResult } from 'pg';

/**
 * A connection that a writer loop keeps: prepared statements live with it, and its settings are the writer's alone.
 * Reads are pipelined: sent at once, in order, each answered for itself. Writes go as one volley.
 */
export class WriterConnection {
  readonly #client: PoolClient & { pipeline: boolean };
  /** Free again as soon as a volley is fired. */
  readonly eventRows = new CopyRows();
  readonly keyRows = new CopyRows();
  #broken = false;

  private constructor(client: PoolClient) {
    this.#client = client as PoolClient & { pipeline: boolean };
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
    connection.#client.pipeline = true;
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

  /** All or nothing. Gives the command tag of the last statement. Nothing else may be under way. */
  fire(shots: readonly Shot[]): Promise<string> {
    return fire(this.#client, shots);
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

/** Waits for all, then rejects with the first error: those behind it in the transaction only follow from it. */
export async function together(sent: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  const settled = await Promise.allSettled(sent.filter((each) => each !== undefined));
  for (const each of settled) if (each.status === 'rejected') throw each.reason;
}

/** The connection or the server is gone or out of room, or another transaction was in the way: try again as it is. */
export function isTransient(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: string };
  if (typeof code === 'string' && code.length === 5) {
    // 08 connection, 40 rollback, 53 resources, 57 intervention, 58 system, 25P03 idle too long, 55P03 lock timeout.
    return /^(08|40|53|57|58)/.test(code) || code === '25P03' || code === '55P03' || wasOvertaken(error);
  }
  return isConnectionLoss(error) || /timeout exceeded when trying to connect/.test(message ?? '');
}

export function isConnectionLoss(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: string };
  if (typeof code === 'string') return /^(E[A-Z]+|08...|57P0.)$/.test(code);
  return /Connection terminated|Client has encountered a connection error|not queryable/.test(message ?? '');
}

/** A head or checkpoint was moved, or a key taken, by somebody else since we looked. */
export function wasOvertaken(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === 'LL001' || (code === '23505' && (constraint === 'keys_pkey' || constraint === 'checkpoints_pkey'));
}
