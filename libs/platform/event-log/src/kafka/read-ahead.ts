import type { StoredEvent } from '@loyalty/kernel';
import type { ShardReader } from '../transport.ts';

/** Reads a log's next batch while the one before is on its way to the broker: one batch ahead, never two. */
export class ReadAhead {
  readonly #reader: ShardReader;
  /** Under way, or read and not taken. Outlives a failure to publish, for a reader is not to be asked twice at once. */
  #coming: Promise<readonly StoredEvent[]> | undefined;
  #due = 1;
  /** Sought elsewhere since the batch was asked for: it may have been read before. */
  #doubtful = false;

  constructor(reader: ShardReader) {
    this.#reader = reader;
  }

  seek(after: number): void {
    this.#due = after + 1;
    this.#doubtful = this.#coming !== undefined;
    this.#reader.seek(after);
  }

  async next(): Promise<readonly StoredEvent[]> {
    for (;;) {
      const events = await this.#ask().finally(() => (this.#coming = undefined));
      const doubtful = this.#doubtful;
      this.#doubtful = false;
      const [first] = events;
      if (first?.position === this.#due) {
        this.#due += events.length;
        void this.#ask();
        return events;
      }
      if (!doubtful) throw new Error(`the log gave position ${first?.position} where ${this.#due} was due`);
    }
  }

  #ask(): Promise<readonly StoredEvent[]> {
    if (this.#coming === undefined) {
      this.#coming = this.#reader.next();
      // Heard by whoever asks next.
      this.#coming.catch(() => undefined);
    }
    return this.#coming;
  }
}
