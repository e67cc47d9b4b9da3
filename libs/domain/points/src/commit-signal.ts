import { setTimeout as pause } from 'node:timers/promises';
import { senderOf } from '@loyalty/event-store';
import type { Notification, Pool, PoolClient } from 'pg';
import type { PointsWriter } from './points-writer.ts';

/** Commits come by the hundred a second: whoever waits looks no more often than this. */
const PAUSE_MS = 20;

/**
 * Wakes those who wait for something to be booked: by this process's own commits, and by NOTIFY of other processes, for which one
 * connection listens while anybody waits; one that is lost is replaced. A notice that gets lost is made good by the next one or by
 * the waiter's own deadline.
 */
export class CommitSignal {
  readonly #pool: Pool;
  readonly #channel: string;
  readonly #stop: () => void;
  readonly #sleepers = new Set<() => void>();
  #commits = 0;
  #waiters = 0;
  #listener: Promise<Listener | null> | null = null;
  #closed = false;

  /** @param schema of the log whose commits are meant */
  constructor(pool: Pool, schema: string, writer: Pick<PointsWriter, 'onCommitted'>) {
    this.#pool = pool;
    this.#channel = `loyalty_${schema}`;
    this.#stop = writer.onCommitted(() => this.#wake());
  }

  /**
   * Looks now, and again after commits, until there is something (it is given) or the time is over (null is).
   * @param pause_ms between two looks at least; shorter where a look costs little
   */
  async until<T>(look: () => Promise<T | null>, wait_ms: number, pause_ms = PAUSE_MS): Promise<T | null> {
    const deadline = performance.now() + wait_ms;
    if (wait_ms <= 0) return look();
    this.#waiters += 1;
    try {
      for (;;) {
        await (this.#listener ??= this.#connect());
        const seen = this.#commits;
        const looked = performance.now();
        const found = await look();
        const left = deadline - performance.now();
        if (found !== null || left <= 0 || this.#closed) return found;
        if (this.#commits === seen) await this.#sleep(left);
        const early = Math.min(looked + pause_ms, deadline) - performance.now();
        if (early > 0) await pause(early);
      }
    } finally {
      this.#waiters -= 1;
      if (this.#waiters === 0) await this.#leave();
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

  /** Null where there is none to be had: this process's own commits still wake, and at the next of them it is tried again. */
  async #connect(): Promise<Listener | null> {
    let listener: Listener | undefined;
    const lost = (): void => {
      // Whoever waits asks for another when it is woken.
      this.#listener = null;
      this.#wake();
    };
    try {
      const noticed = ({ payload }: Notification): void => {
        if (payload !== senderOf(this.#pool)) this.#wake();
      };
      listener = new Listener(await this.#pool.connect(), noticed, lost);
      await listener.listen(this.#channel);
      return listener;
    } catch (error) {
      this.#listener = null;
      listener?.release(error as Error);
      return null;
    }
  }

  async #leave(): Promise<void> {
    const listener = this.#listener;
    this.#listener = null;
    await (await listener)?.leave(this.#channel);
  }
}

/** A connection of the pool that hears of other processes' commits, until it is given back, once. */
class Listener {
  readonly #client: PoolClient;
  readonly #noticed: (notice: Notification) => void;
  readonly #lost: (error: Error) => void;
  #kept = true;

  constructor(client: PoolClient, noticed: (notice: Notification) => void, lost: () => void) {
    this.#client = client;
    this.#noticed = noticed;
    this.#lost = (error) => {
      this.release(error);
      lost();
    };
    client.on('notification', this.#noticed).on('error', this.#lost);
  }

  async listen(channel: string): Promise<void> {
    await this.#client.query(`LISTEN ${channel}`);
  }

  /** Nobody waits any more. Whatever goes wrong now is nobody's loss. */
  async leave(channel: string): Promise<void> {
    if (!this.#kept) return;
    this.#silence();
    const error = await this.#client.query(`UNLISTEN ${channel}`).then(
      () => undefined,
      (failed: Error) => failed,
    );
    this.release(error);
  }

  release(error: Error | undefined): void {
    if (!this.#kept) return;
    this.#kept = false;
    this.#silence();
    this.#client.release(error);
  }

  #silence(): void {
    this.#client.off('notification', this.#noticed).off('error', this.#lost);
  }
}
