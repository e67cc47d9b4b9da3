import type { Pool } from 'pg';
import { lockClass } from '../lock-class.ts';
import { Ownership, type Claim } from '../ownership/ownership.ts';
import { Session } from '../ownership/session.ts';
import { backOffMs, realPacing, type Pacing } from '../pacing.ts';
import type { Feed, KafkaClient, KafkaRecord, OffsetRange, TopicDescription } from './kafka-client.ts';
import { KafkaReads, type PartitionReader } from './kafka-reads.ts';

/** A partition that no other process reads, until the signal aborts. */
export interface OwnedPartition {
  readonly topic: TopicDescription;
  readonly partition: number;
  /** Seek first. Where an offset is gone, the first that is left after it comes next. */
  readonly reader: PartitionReader<KafkaRecord>;
  readonly signal: AbortSignal;
  /** What the partition holds now. */
  range(): Promise<OffsetRange>;
}

export interface ForeignTopicOptions {
  readonly client: KafkaClient;
  /** Decides who reads which partition. */
  readonly pool: Pool;
  readonly topic: string;
  /** Who reads: one name for all processes of a service. */
  readonly consumer: string;
  /** The reader's own schema: it tells the same names of two installations apart. */
  readonly schema: string;
  /** Called for each partition that this process comes to own. Resolves when nothing of it runs any more. */
  own(partition: OwnedPartition): Promise<void>;
  /** How often the topic is looked at: whether it is there, still the same, and with how many partitions. @default 5000 */
  readonly lookMs?: number;
  /** Partitions that nobody owns are looked for this often. @default 500 */
  readonly pollMs?: number;
  /** Records a partition gets in one batch. @default 500 */
  readonly batchRecords?: number;
  /** Bytes held for a partition, one fetch more at most. @default 1 MiB */
  readonly batchBytes?: number;
  readonly pacing?: Pacing;
}

/** A topic as it is being read. */
interface Reading {
  readonly topic: TopicDescription;
  readonly feed: Feed;
  readonly claims: readonly Claim[];
}

/**
 * A topic that belongs to somebody else, who may make it late, add partitions, delete it and make it again. Its partitions are split
 * among the processes that read it, by session locks of their database as shards are. Where each partition is read from, and
 * remembering it, is for whoever owns it.
 */
export class ForeignTopic {
  readonly #options: ForeignTopicOptions & { readonly pacing: Pacing };
  readonly #session: Session;
  readonly #ownership: Ownership;
  readonly #poll: NodeJS.Timeout;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #reading: Reading | undefined;
  #trouble: string | null = null;

  /** Reads at once. The client is closed by whoever opened it, after this. */
  constructor(options: ForeignTopicOptions) {
    this.#options = { pacing: realPacing, ...options };
    const { pool, pacing } = this.#options;
    this.#session = new Session(pool, pacing, {
      opened: () => void this.#ownership.claim(),
      lost: () => this.#ownership.lost(),
      notified: () => undefined,
    });
    this.#ownership = new Ownership(this.#session);
    this.#poll = setInterval(() => void this.#ownership.claim(), options.pollMs ?? 500);
    this.#done = this.run();
  }

  /** As last seen; undefined where it is not there. */
  get topic(): TopicDescription | undefined {
    return this.#reading?.topic;
  }

  /** Why it is not read at all; null while it is. */
  get trouble(): string | null {
    return this.#trouble;
  }

  async close(): Promise<void> {
    clearInterval(this.#poll);
    this.#closing.abort();
    await this.#done;
    await this.leave();
    await this.#session.close();
  }

  private async run(): Promise<void> {
    const { pacing, lookMs = 5_000 } = this.#options;
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.look();
        failures = 0;
      } catch (error) {
        failures++;
        this.#trouble = (error as Error).message;
      }
      const pause = failures > 0 ? backOffMs(failures, pacing.random(), 100, lookMs) : lookMs;
      await pacing.pause(pause, signal);
    }
  }

  private async look(): Promise<void> {
    const { client, topic: name } = this.#options;
    const topic = await client.describeTopic(name);
    const { id, partitions } = this.#reading?.topic ?? {};
    if (topic?.id !== id || topic?.partitions !== partitions) await this.leave();
    this.#trouble = topic === undefined ? `there is no topic ${name}` : null;
    if (topic !== undefined && this.#reading === undefined) await this.join(topic);
  }

  private async join(topic: TopicDescription): Promise<void> {
    const { client, topic: name, schema, consumer, own, batchRecords = 500, batchBytes = 1_048_576 } = this.#options;
    const reads = new KafkaReads({ events: batchRecords, bytes: batchBytes }, (record) => record);
    const feed = await client.feed(name, reads);
    reads.opened(feed);
    const lock = lockClass('own', schema, consumer, name);
    const claims = Array.from({ length: topic.partitions }, (_, partition): Claim => {
      const range = async (): Promise<OffsetRange> =>
        (await client.offsetsOf(name))[partition] ?? { first: 0, next: 0 };
      const run = (signal: AbortSignal) =>
        own({ topic, partition, signal, range, reader: reads.reader(partition, signal) });
      return { lock, shard: partition, run };
    });
    this.#reading = { topic, feed, claims };
    this.#ownership.add(claims);
  }

  private async leave(): Promise<void> {
    const reading = this.#reading;
    this.#reading = undefined;
    if (reading === undefined) return;
    await this.#ownership.remove(reading.claims);
    await reading.feed.close();
  }
}
