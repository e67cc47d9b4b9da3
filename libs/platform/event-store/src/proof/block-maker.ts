import type { LogPosition } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { readLog } from '../install.ts';
import { closeBlocks } from './close-blocks.ts';

export interface BlockMakerOptions {
  readonly pool: Pool;
  readonly schema: string;
  /** Told what keeps blocks from being closed; they are tried again. */
  readonly onTrouble: (message: string) => void;
  /** Between two looks without being told of a commit: for what other processes wrote, and after trouble. @default 30_000 ms */
  readonly pollMs?: number;
}

const POLL_MS = 30_000;

/**
 * Closes the blocks of one log as they fill up, behind the writers' backs: they neither wait for it nor know of it. It begins where
 * the table ends, so it catches up after a crash. Any number of processes may have one; an advisory lock lets one work at a time.
 */
export class BlockMaker {
  readonly #options: BlockMakerOptions;
  readonly #full = new Map<number, number>();
  #block = Infinity;
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #told = '';

  constructor(options: BlockMakerOptions) {
    this.#options = options;
  }

  /** Catches up, and goes on doing so. */
  start(): void {
    this.#timer = setInterval(() => this.#wake(), this.#options.pollMs ?? POLL_MS).unref();
    this.#wake();
  }

  /** After a commit. Costs a division a head; the work begins when a block became full. */
  committed(heads: readonly LogPosition[]): void {
    let fuller = false;
    for (const { shard, position } of heads) {
      const full = Math.floor(position / this.#block);
      if (full <= (this.#full.get(shard) ?? 0)) continue;
      this.#full.set(shard, full);
      fuller = true;
    }
    if (fuller) this.#wake();
  }

  /** When nothing more can be closed now. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** After the transaction under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.settled();
  }

  #wake(): void {
    this.#again = true;
    if (this.#running || this.#closed) return;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const { pool, schema } = this.#options;
    try {
      if (this.#block === Infinity) this.#block = (await readLog(pool, schema)).block;
      while (this.#again && !this.#closed) {
        this.#again = false;
        const { closed, left, problems } = await closeBlocks(pool, schema);
        if (left > 0 && closed > 0) this.#again = true;
        this.#tell(problems.join('; '));
      }
    } catch (error) {
      this.#again = false;
      if (!this.#closed) this.#tell((error as Error).message);
    }
    // In the same breath as the check: whoever wakes it from now on starts it again.
    this.#running = undefined;
  }

  /** Once, until it is something else. */
  #tell(trouble: string): void {
    if (trouble !== '' && trouble !== this.#told) this.#options.onTrouble(trouble);
    this.#told = trouble;
  }
}
