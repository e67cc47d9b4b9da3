import { transaction } from '@loyalty/database';
import type { KafkaClient } from '@loyalty/event-log';
import type { Door } from '../record-documents.ts';
import { publishLetters } from './publish-letters.ts';
import { tryEarlyAgain } from './try-early-again.ts';

export interface DeadLetterRoundsOptions {
  readonly door: Door;
  readonly client: KafkaClient;
  /** Of dead letters. */
  readonly topic: string;
  readonly replication: number;
  /** @default 2000 */
  readonly pauseMs?: number;
  readonly onTrouble: (message: string) => void;
}

/**
 * What is done about dead letters without anybody asking: returns that came too early are tried again, and what waits for people is
 * published. Every instance does it; rows that another one has taken are skipped.
 */
export class DeadLetterRounds {
  readonly #options: DeadLetterRoundsOptions;
  readonly #closing = new AbortController();
  #done: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  #woken = false;

  constructor(options: DeadLetterRoundsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#done = this.run();
  }

  /** There is something new. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake();
    await this.#done;
  }

  private async run(): Promise<void> {
    const { door, client, topic, replication, pauseMs = 2_000 } = this.#options;
    const { signal } = this.#closing;
    const early = () => transaction(door.pool, (tx) => tryEarlyAgain(door, tx));
    const publish = () => transaction(door.pool, (tx) => publishLetters(tx, client, { topic, replication }));
    while (!signal.aborted) {
      this.#woken = false;
      await this.while(early);
      await this.while(publish);
      if (signal.aborted || this.#woken) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** As long as there is more to do. One that fails is told, and tried in the next round. */
  private async while(more: () => Promise<boolean>): Promise<void> {
    try {
      while (!this.#closing.signal.aborted && (await more()));
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#options.onTrouble((error as Error).message);
    }
  }
}
