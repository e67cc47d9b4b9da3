import { setTimeout as pause } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import type { PointsWriter } from './points-writer.ts';

/** Commits come by the hundred a second; whoever waits for one member's looks no more often than this. */
const PAUSE_MS = 20;

/**
 * Wakes those who wait for something to be booked: by this process's own commits, and by NOTIFY of other processes, for which one
 * connection listens while anybody waits. A notice that gets lost is made good by the next one or by the waiter's own deadline.
 */
export class CommitSignal {
  readonly #pool: Pool;
  readonly #channel: string;
  readonly #stop: () => void;
  readonly #sleepers = new Set<() => void>();
  #commits = 0;
  #waiters = 0;
  #listener: Promise<PoolClient | null> | null = null;
  #closed = false;

  /** @param schema of the log whose commits are meant */
  constructor(pool: Pool, schema: string, writer: Pick<PointsWriter, 'onCommitted'>) {
    this.#pool = pool;
    this.#channel = `loyalty_${schema}`;
    this.#stop = writer.onCommitted(() => this.#wake());
  }

  /** Looks now, and again after commits, until there is something (it is given) or the time is over (null is). */
  async until<T>(look: () => Promise<T | null>, wait_ms: number): Promise<T | null> {
    const deadline = performance.now() + wait_ms;
    if (wait_ms <= 0) return look();
    await this.#listen();
    try {
      for (;;) {
        const seen = this.#commits;
        const looked = performance.now();
        const found = await look();
        const left = deadline - performance.now();
        if (found !== null || left <= 0 || this.#closed) return found;
        if (this.#commits === seen) await this.#sleep(left);
        const early = Math.min(looked + PAUSE_MS, deadline) - performance.now();
        if (early > 0) await pause(early);
      }
    } finally {
      await this.#unlisten();
    }
  }

  /** Sends everybody home who still waits. */
  close(): void {
    this.#closed = true;
    this.#stop();
    this.#wake();
  }

  #wake(): void {
    this.#commits += 1;
    for (const wake of this.#sleepers) wake();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#sleepers.add(wake);
    });
  }

  async #listen(): Promise<void> {
    this.#waiters += 1;
    this.#listener ??= this.#connect();
    await this.#listener;
  }

  async #connect(): Promise<PoolClient | null> {
    try {
      const client = await this.#pool.connect();
      client.on('notification', () => this.#wake());
      client.on('error', () => this.#wake());
      await client.query(`LISTEN ${this.#channel}`);
      return client;
    } catch {
      // Without it, this process's own commits still wake.
      return null;
    }
  }

  async #unlisten(): Promise<void> {
    this.#waiters -= 1;
    if (this.#waiters > 0) return;
    const listener = this.#listener;
    this.#listener = null;
    const client = await listener;
    if (!client) return;
    client.removeAllListeners('notification');
    client.removeAllListeners('error');
    const lost = await client.query(`UNLISTEN ${this.#channel}`).then(
      () => undefined,
      (error: Error) => error,
    );
    client.release(lost);
  }
}
