import { ShardStoppedError } from '../faults.ts';
import type { Feed, FeedListener, KafkaRecord } from './kafka-client.ts';

export interface ReadLimits {
  /** Events a shard gets in one batch at most. */
  readonly events: number;
  /** Bytes of records held for a shard before its partition is paused, one fetch more at most. */
  readonly bytes: number;
}

/** As `ShardReader` for events, `seek` by offset. */
export interface PartitionReader<Item> {
  next(): Promise<readonly Item[]>;
  /** What `next` gives from now on, a call under way included, starts with this offset. */
  seek(offset: number): void;
}

interface Shelf<Item> {
  readonly records: KafkaRecord[];
  bytes: number;
  /** Where the feed goes on when it is read again. */
  next: number;
  /** The feed may bring more. */
  flowing: boolean;
  pending: { resolve(items: readonly Item[]): void; reject(reason: unknown): void } | null;
}

/** Partitions read by whoever asks for their next records; what is not asked for yet waits on a shelf of its own, bounded. */
export class KafkaReads<Item> implements FeedListener {
  readonly #shelves = new Map<number, Shelf<Item>>();
  #feed: Feed | undefined;
  #failed: ShardStoppedError | undefined;
  readonly #limits: ReadLimits;
  readonly #itemOf: (record: KafkaRecord) => Item;

  /** @param itemOf throws for a record that cannot be there: its reader stops */
  constructor(limits: ReadLimits, itemOf: (record: KafkaRecord) => Item) {
    this.#limits = limits;
    this.#itemOf = itemOf;
  }

  /** The feed is there: what was sought before is read now. */
  opened(feed: Feed): void {
    this.#feed = feed;
    for (const [shard, shelf] of this.#shelves) if (shelf.flowing) feed.read(shard, shelf.next);
  }

  /** There will be none. */
  failed(reason: string): void {
    this.#failed = new ShardStoppedError(reason);
    for (const { pending } of this.#shelves.values()) pending?.reject(this.#failed);
  }

  reader(shard: number, signal: AbortSignal): PartitionReader<Item> {
    const shelf: Shelf<Item> = { records: [], bytes: 0, next: 0, flowing: false, pending: null };
    this.#shelves.set(shard, shelf);
    const leave = (): void => {
      if (this.#shelves.get(shard) === shelf) {
        this.#shelves.delete(shard);
        this.#feed?.pause(shard);
      }
      shelf.pending?.reject(signal.reason);
      shelf.pending = null;
    };
    signal.addEventListener('abort', leave, { once: true });
    return {
      next: () =>
        new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason);
          if (this.#failed) return reject(this.#failed);
          shelf.pending = { resolve, reject };
          this.serve(shard, shelf);
        }),
      seek: (offset) => {
        shelf.records.length = 0;
        shelf.bytes = 0;
        this.flow(shard, shelf, offset);
      },
    };
  }

  records(shard: number, records: readonly KafkaRecord[]): void {
    const shelf = this.#shelves.get(shard);
    if (shelf === undefined) return;
    for (const record of records) {
      shelf.records.push(record);
      shelf.bytes += sizeOf(record);
    }
    shelf.next = (records[records.length - 1] as KafkaRecord).offset + 1;
    if (shelf.bytes >= this.#limits.bytes) {
      shelf.flowing = false;
      this.#feed?.pause(shard);
    }
    this.serve(shard, shelf);
  }

  private serve(shard: number, shelf: Shelf<Item>): void {
    const { pending } = shelf;
    if (pending === null || shelf.records.length === 0) return;
    shelf.pending = null;
    const records = shelf.records.splice(0, this.#limits.events);
    for (const record of records) shelf.bytes -= sizeOf(record);
    if (!shelf.flowing && shelf.bytes < this.#limits.bytes / 2) this.flow(shard, shelf, shelf.next);
    try {
      pending.resolve(records.map(this.#itemOf));
    } catch (error) {
      pending.reject(new ShardStoppedError(`somebody else has written to the topic: ${(error as Error).message}`));
    }
  }

  private flow(shard: number, shelf: Shelf<Item>, from: number): void {
    shelf.next = from;
    shelf.flowing = true;
    this.#feed?.read(shard, from);
  }
}

function sizeOf({ value }: KafkaRecord): number {
  return value?.length ?? 0;
}
