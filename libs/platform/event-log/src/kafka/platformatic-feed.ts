import { ListOffsetTimestamps, type ClusterTopicMetadata, type Consumer } from '@platformatic/kafka';
import {
  MANY_BYTES,
  type Feed,
  type FeedListener,
  type FeedOptions,
  type KafkaRecord,
  type KafkaSettings,
  type OffsetRange,
} from './kafka-client.ts';
import { tellingError } from './telling-error.ts';

const FETCH_BYTES = 1_048_576;
const MOST_BYTES = 8 * FETCH_BYTES;
/** How long a fetch waits for something new: also what a partition asked for meanwhile may have to wait. */
const WAIT_MS = 100;
/** The same while a partition is paused that is wanted again soon. */
const SHORT_WAIT_MS = 10;
const RETRY_MS = 100;

type Fetched = Awaited<ReturnType<Consumer['fetch']>>;
type FetchedPartition = Fetched['responses'][number]['partitions'][number];

/** Partitions fetched by one request to each broker that leads some of them, again and again. */
export class PlatformaticFeed implements Feed {
  readonly #wanted = new Map<number, number>();
  readonly #paused = new Set<number>();
  /** Wanted from an offset that the partition has not come to. */
  readonly #early = new Set<number>();
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #changed: () => void = () => undefined;
  /** Something failed: what is known of the topic may be out of date. */
  #doubtful = false;

  readonly #consumer: Consumer;
  readonly #topic: string;
  readonly #listener: FeedListener;
  readonly #options: FeedOptions & { readonly onTrouble: KafkaSettings['onTrouble'] };
  readonly #forget: () => void;

  constructor(
    consumer: Consumer,
    topic: string,
    listener: FeedListener,
    options: FeedOptions & { readonly onTrouble: KafkaSettings['onTrouble'] },
    forget: () => void,
  ) {
    this.#consumer = consumer;
    this.#topic = topic;
    this.#listener = listener;
    this.#options = options;
    this.#forget = forget;
    this.#done = this.run();
  }

  read(partition: number, offset: number): void {
    this.#wanted.set(partition, offset);
    this.#early.delete(partition);
    this.#paused.delete(partition);
    this.#changed();
  }

  pause(partition: number): void {
    this.#wanted.delete(partition);
    this.#early.delete(partition);
    this.#paused.add(partition);
  }

  async close(): Promise<void> {
    this.#forget();
    this.#closing.abort();
    this.#changed();
    await this.#done;
    await this.#consumer.close(true);
  }

  private async run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      if (this.#wanted.size === 0) {
        await new Promise<void>((resolve) => (this.#changed = resolve));
        continue;
      }
      try {
        if (this.#early.size > 0) await this.place();
        await this.fetch();
      } catch (error) {
        if (signal.aborted) return;
        this.#doubtful = true;
        if (hasApiId(error, 'OFFSET_OUT_OF_RANGE')) {
          await this.place().catch(() => undefined);
          continue;
        }
        this.#options.onTrouble?.(tellingError(error).message);
        await pause();
      }
    }
  }

  /** One partition asked for an offset that it does not have would spoil the answer for all. */
  private async place(): Promise<void> {
    const ranges = await offsetRanges(this.#consumer, this.#topic);
    for (const [partition, offset] of this.#wanted) {
      const { first = 0, next = 0 } = ranges[partition] ?? {};
      if (offset < first) this.#wanted.set(partition, first);
      if (offset > next) this.#early.add(partition);
      else this.#early.delete(partition);
    }
  }

  private async fetch(): Promise<void> {
    const { topics } = await this.#consumer.metadata({ topics: [this.#topic], forceUpdate: this.#doubtful });
    this.#doubtful = false;
    const topic = topics.get(this.#topic);
    if (topic === undefined) throw new Error(`there is no topic ${this.#topic}`);
    const asked = new Map([...this.#wanted].filter(([partition]) => !this.#early.has(partition)));
    if (asked.size === 0) return pause();
    const nodes = new Set([...asked.keys()].map((partition) => topic.partitions[partition]?.leader ?? -1));
    await Promise.all([...nodes].map((node) => this.fetchFrom(node, topic, asked)));
  }

  private async fetchFrom(
    node: number,
    topic: ClusterTopicMetadata,
    asked: ReadonlyMap<number, number>,
  ): Promise<void> {
    const partitions = [...asked]
      .filter(([partition]) => (topic.partitions[partition]?.leader ?? -1) === node)
      .map(([partition, offset]) => ({
        partition,
        fetchOffset: BigInt(offset),
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        partitionMaxBytes: FETCH_BYTES,
      }));
    const { responses } = await this.#consumer.fetch({
      node,
      maxWaitTime: this.#paused.size > 0 ? SHORT_WAIT_MS : WAIT_MS,
      minBytes: this.#options.patient ? MANY_BYTES : 1,
      maxBytes: MOST_BYTES,
      topics: [{ topicId: topic.id, partitions }],
    });
    for (const answer of responses.flatMap((each) => each.partitions)) this.take(answer, asked);
  }

  private take({ partitionIndex: partition, records: batches }: FetchedPartition, asked: ReadonlyMap<number, number>) {
    const offset = this.#wanted.get(partition);
    // Paused or sought elsewhere in the meantime.
    if (offset === undefined || offset !== asked.get(partition)) return;
    const records: KafkaRecord[] = [];
    for (const { firstOffset, records: within } of batches ?? []) {
      for (const { offsetDelta, key, value, headers } of within) {
        const at = Number(firstOffset) + offsetDelta;
        // A batch is delivered whole, also when the offset asked for is in its middle.
        if (at >= offset) records.push({ offset: at, key, value, headers: () => textsOf(headers) });
      }
    }
    const last = records.at(-1);
    if (last === undefined) return;
    this.#wanted.set(partition, last.offset + 1);
    this.#listener.records(partition, records);
  }
}

function textsOf(headers: readonly (readonly [Buffer | null, Buffer | null])[]): Record<string, string> {
  return Object.fromEntries(headers.map(([name, value]) => [String(name), value?.toString('utf8') ?? '']));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}

export async function offsetRanges(consumer: Consumer, topic: string): Promise<OffsetRange[]> {
  const [first, next] = await Promise.all([
    consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.EARLIEST }),
    consumer.listOffsets({ topics: [topic], timestamp: ListOffsetTimestamps.LATEST }),
  ]);
  const ends = next.get(topic) ?? [];
  return (first.get(topic) ?? []).map((from, i) => ({ first: Number(from), next: Number(ends[i] ?? from) }));
}

/** Whether an error, or one within it, is the broker's of this name. */
export function hasApiId(error: unknown, apiId: string): boolean {
  const { findBy } = error as { findBy?: (property: string, value: unknown) => unknown };
  if (typeof findBy === 'function') return findBy.call(error, 'apiId', apiId) != null;
  return String((error as Error).message).includes(apiId);
}
