import type { Pool, PoolClient } from 'pg';
import { backOffMs, type Pacing } from '../pacing.ts';

/** What is told when the session is (again) there and when it is lost. */
export interface SessionListener {
  opened(): void;
  lost(): void;
  /** `sender`: the notice's payload. */
  notified(channel: string, sender: string): void;
}

/**
 * The one connection a process keeps for itself: it holds the session locks of all its consumers, and listens.
 * When it breaks, its locks are gone, so `lost` is told at once; it is opened again with back-off until `close`.
 */
export class Session {
  private client: PoolClient | null = null;
  private readonly closing = new AbortController();
  private readonly done: Promise<void>;
  private last: Promise<unknown> = Promise.resolve();
  private wakeLoop: () => void = () => undefined;

  private readonly pool: Pool;
  private readonly pacing: Pacing;
  private readonly listener: SessionListener;

  constructor(pool: Pool, pacing: Pacing, listener: SessionListener) {
    this.pool = pool;
    this.pacing = pacing;
    this.listener = listener;
    this.done = this.keepOpen();
  }

  /** Runs on the session's own connection, one at a time; undefined while there is none. A failure is `lost`, not thrown. */
  query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[] | undefined> {
    const result = this.last.then(() => this.run<Row>(text, values));
    this.last = result;
    return result;
  }

  private async run<Row extends object>(text: string, values: unknown[]): Promise<Row[] | undefined> {
    const client = this.client;
    if (client === null) return undefined;
    try {
      return (await client.query<Row>(text, values)).rows;
    } catch (error) {
      this.drop(client, error as Error);
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.wakeLoop();
    await this.done;
    const client = this.client;
    this.client = null;
    // Ending the connection frees every lock it still holds.
    client?.release(true);
  }

  private async keepOpen(): Promise<void> {
    const { signal } = this.closing;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const client = await this.pool.connect();
        client.on('error', (error) => this.drop(client, error));
        client.on('end', () => this.drop(client, new Error('Connection terminated')));
        client.on('notification', ({ channel, payload = '' }) => this.listener.notified(channel, payload));
        this.client = client;
        this.listener.opened();
        attempt = 0;
        await new Promise<void>((resolve) => {
          this.wakeLoop = resolve;
          if (signal.aborted || this.client !== client) resolve();
        });
      } catch {
        // Not reachable: the shards stay with whoever has them, the reader's state shows `elsewhere`.
      }
      if (!signal.aborted) await this.pacing.pause(backOffMs(attempt + 1, this.pacing.random(), 50, 2_000), signal);
    }
  }

  private drop(client: PoolClient, error: Error): void {
    if (this.client !== client) return;
    this.client = null;
    client.release(error);
    this.listener.lost();
    this.wakeLoop();
  }
}
