import type { StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { Ownership, type Claim } from '../ownership/ownership.ts';
import { Session } from '../ownership/session.ts';
import { lockClass } from '../lock-class.ts';
import { backOffMs, realPacing, type Pacing } from '../pacing.ts';
import type { SourceLog } from '../source-log.ts';
import type { EventLogTransport, Follower, Following } from '../transport.ts';
import { eventOf } from './event-record.ts';
import type { Feed, KafkaClient } from './kafka-client.ts';
import { KafkaReads } from './kafka-reads.ts';
import { SourceTopic } from './source-topic.ts';
import { TopicError, topicOf } from './topic.ts';

export interface KafkaEventLogOptions {
  readonly client: KafkaClient;
  /** The consumers' own database: it holds their checkpoints, and decides who reads what. */
  readonly pool: Pool;
  /** Before each topic's name. @default 'loyalty.' */
  readonly topicPrefix?: string;
  /** Shards that nobody owns are looked for this often. @default 500 */
  readonly pollMs?: number;
  /** Events a shard gets in one batch. @default 1000 */
  readonly batchEvents?: number;
  /** Bytes held for a shard. @default 1 MiB */
  readonly batchBytes?: number;
  /** Reads while no other process is there to read, and gives way to one: for commands beside a server. @default false */
  readonly guest?: boolean;
  readonly pacing?: Pacing;
  readonly onTrouble?: (message: string) => void;
}

/**
 * The event log over Kafka. Kafka carries, PostgreSQL decides: a shard is owned by a session lock of the consumers' own database, as
 * with the embedded transport, and read from the offset that its checkpoint tells. There are no consumer groups that could
 * rebalance under a commit.
 *
 * At offset n stands a position of n + 1 or less, because a log is published in order and what is published again is the same: so
 * whoever has applied `after` reads on from offset `after`, misses nothing, and skips at most what was published twice. No offsets
 * are kept anywhere.
 */
export class KafkaEventLog implements EventLogTransport {
  readonly #options: Required<Omit<KafkaEventLogOptions, 'onTrouble'>> & Pick<KafkaEventLogOptions, 'onTrouble'>;
  readonly #session: Session;
  readonly #ownership: Ownership;
  readonly #poll: NodeJS.Timeout;
  readonly #closing = new AbortController();
  readonly #topics = new Map<string, SourceTopic>();

  constructor(options: KafkaEventLogOptions) {
    this.#options = {
      topicPrefix: 'loyalty.',
      pollMs: 500,
      batchEvents: 1_000,
      batchBytes: 1_048_576,
      guest: false,
      pacing: realPacing,
      ...options,
    };
    const { pool, pacing, pollMs } = this.#options;
    this.#session = new Session(pool, pacing, {
      opened: () => void this.#ownership.claim(),
      lost: () => this.#ownership.lost(),
      notified: () => undefined,
    });
    this.#ownership = new Ownership(this.#session, this.#options.guest);
    this.#poll = setInterval(() => void this.#ownership.claim(), pollMs);
  }

  async follow(following: Following): Promise<Follower> {
    const { consumer, source, schema, shards, patient = false } = following;
    const { batchEvents, batchBytes } = this.#options;
    const topic = this.#topicOf(source);
    const reads = new KafkaReads({ events: batchEvents, bytes: batchBytes }, (record) => {
      const event = eventOf(record);
      topic.saw(event, record.offset);
      return event;
    });
    const left = new AbortController();
    const opening = this.open(
      { source, shards: shards.length, patient },
      reads,
      AbortSignal.any([left.signal, this.#closing.signal]),
    );
    const lock = lockClass('own', schema, consumer, source);
    const claims = shards.map((shard): Claim => {
      return { lock, shard, run: (signal) => following.own({ shard, signal, reader: reads.reader(shard, signal) }) };
    });
    this.#ownership.add(claims);
    return {
      close: async () => {
        left.abort();
        await this.#ownership.remove(claims);
        await (await opening)?.close();
      },
    };
  }

  /** Looked at from outside; also while nobody follows it here. */
  logOf(source: string): SourceLog {
    return this.#topicOf(source);
  }

  /** Ends the connection kept. Consumers are to be closed first, the client after. */
  async close(): Promise<void> {
    clearInterval(this.#poll);
    this.#closing.abort();
    await this.#session.close();
  }

  #topicOf(source: string): SourceTopic {
    const { client, topicPrefix } = this.#options;
    let topic = this.#topics.get(source);
    if (topic === undefined) this.#topics.set(source, (topic = new SourceTopic(client, topicOf(topicPrefix, source))));
    return topic;
  }

  /** Tries until the broker and the topic are there: a service starts without them, and catches up. */
  private async open(
    { source, shards, patient }: { readonly source: string; readonly shards: number; readonly patient: boolean },
    reads: KafkaReads<StoredEvent>,
    signal: AbortSignal,
  ): Promise<Feed | undefined> {
    const { client, topicPrefix, pacing, onTrouble } = this.#options;
    const topic = topicOf(topicPrefix, source);
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await assertWidth(client, topic, shards);
        const feed = await client.feed(topic, reads, { patient });
        reads.opened(feed);
        return feed;
      } catch (error) {
        if (error instanceof TopicError) {
          reads.failed(error.message);
          return undefined;
        }
        onTrouble?.((error as Error).message);
        await pacing.pause(backOffMs(attempt, pacing.random(), 50, 2_000), signal);
      }
    }
    return undefined;
  }
}

/** Whose log it is makes the topic, and knows how wide. */
async function assertWidth(client: KafkaClient, topic: string, shards: number): Promise<void> {
  const partitions = await client.partitionsOf(topic);
  if (partitions === undefined) throw new Error(`there is no topic ${topic} yet: the service whose log it is makes it`);
  if (partitions === shards) return;
  throw new TopicError(
    `topic ${topic} has ${partitions} partitions, and this process took it for ${shards} when it started: start it again`,
  );
}
