import { Logger } from '@nestjs/common';
import type { Pool } from 'pg';
import { extendChronicles } from './chronicle/extend-chronicle.ts';
import type { PointsWriter } from './points-writer.ts';
import { sweep } from './sweep.ts';

/** Sweeps again and again while the service runs. A sweep that fails is told and tried at the next turn: nothing hangs on it. */
export class Sweeper {
  readonly #logger = new Logger('points sweeper');
  readonly #pool: Pool;
  readonly #writer: PointsWriter;
  readonly #pause_ms: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param pause_ms between two sweeps; 0 = never */
  constructor(pool: Pool, writer: PointsWriter, pause_ms: number) {
    this.#pool = pool;
    this.#writer = writer;
    this.#pause_ms = pause_ms;
  }

  start(): void {
    if (this.#pause_ms === 0 || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#turn().finally(() => this.start());
    }, this.#pause_ms).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #turn(): Promise<void> {
    try {
      const { members } = await sweep(this.#pool, this.#writer, Date.now(), { stop: () => this.#closed });
      await extendChronicles(this.#pool, () => this.#closed);
      if (members > 0) this.#logger.log(`${members} members settled`);
    } catch (error) {
      if (!this.#closed) this.#logger.warn(`not swept: ${(error as Error).message}`);
    }
  }
}
