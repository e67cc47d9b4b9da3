import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import kafkajs, {
  type Admin,
  type Consumer,
  type EachBatchPayload,
  type IHeaders,
  type PartitionMetadata,
  type Producer,
  type SASLOptions,
} from 'kafkajs';
import {
  openKafkaClient,
  MANY_BYTES,
  type Feed,
  type FeedListener,
  type FeedOptions,
  type KafkaClient,
  type KafkaSettings,
  type OffsetRange,
  type OutgoingRecord,
  type TopicDescription,
} from './kafka-client.ts';
import { stopIdleTimers } from './stop-idle-timers.ts';
import { wholeResponses } from './whole-responses.ts';

const { Kafka, KafkaJSProtocolError, logLevel, Partitioners } = kafkajs;
stopIdleTimers();
const FOR_EVER_MS = '-1';
const FETCH_BYTES = 1_048_576;
const WAIT_MS = 200;
const PATIENCE_MS = 100;
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 };
const AGAIN_MS = 500;
const LOOK_MS = 50;
const LOOKS = 200;

/**
 * kafkajs 2. Its producer is **not** idempotent here: after a request whose answer was lost, the idempotent one gives the next batch
 * the numbers of the lost one, and the broker takes it for a repetition, acknowledges it and drops it. Without, a batch may be there
 * twice, which readers see by its positions.
 */
export class KafkaJsClient implements KafkaClient {
  readonly #kafka: kafkajs.Kafka;
  readonly #settings: KafkaSettings;
  readonly #feeds = new Set<KafkaJsFeed>();
  #admin: Promise<Admin> | undefined;
  #producer: Promise<Producer> | undefined;
  #describer: Promise<KafkaClient> | undefined;

  constructor(settings: KafkaSettings) {
    this.#settings = settings;
    const { brokers, clientId, tls, sasl, onTrouble } = settings;
    this.#kafka = new Kafka({
      brokers: [...brokers],
      clientId,
      socketFactory: wholeResponses,
      ...(tls && { ssl: tls }),
      ...(sasl && { sasl: { ...sasl, mechanism: sasl.mechanism.toLowerCase() } as SASLOptions }),
      // Some seconds; then who called tries again in its own time.
      retry: RETRY,
      logLevel: logLevel.ERROR,
      // It calls an error what it retries by itself a moment later.
      logCreator:
        () =>
        ({ log }) =>
          onTrouble?.([log.message, log['error']].filter(Boolean).join(': ')),
    });
  }

  async partitionsOf(topic: string): Promise<number | undefined> {
    return (await this.partitions(topic))?.length;
  }

  /** kafkajs speaks to brokers as before topics had ids, so the other client is asked. */
  async describeTopic(topic: string): Promise<TopicDescription | undefined> {
    return (await (this.#describer ??= openKafkaClient('platformatic', this.#settings))).describeTopic(topic);
  }

  private async partitions(topic: string): Promise<PartitionMetadata[] | undefined> {
    try {
      const { topics } = await (await this.#administration()).fetchTopicMetadata({ topics: [topic] });
      return topics.find(({ name }) => name === topic)?.partitions;
    } catch (error) {
      if (error instanceof KafkaJSProtocolError && error.type === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
      throw error;
    }
  }

  async createTopic(topic: string, partitions: number, replication: number): Promise<void> {
    const configEntries = [
      { name: 'retention.ms', value: FOR_EVER_MS },
      { name: 'retention.bytes', value: FOR_EVER_MS },
      { name: 'cleanup.policy', value: 'delete' },
    ];
    const topics = [{ topic, numPartitions: partitions, replicationFactor: replication, configEntries }];
    // Resolves with false where it is there already. Its own waiting for leaders fails where the topic is not known to all yet.
    await (await this.#administration()).createTopics({ topics, waitForLeaders: false });
    for (let look = 0; look < LOOKS; look++) {
      const made = await this.partitions(topic);
      if (made?.every(({ leader }) => leader >= 0)) return;
      await setTimeout(LOOK_MS);
    }
    throw new Error(`topic ${topic} was made, but has no leaders yet`);
  }

  async offsetsOf(topic: string): Promise<OffsetRange[]> {
    const offsets = await (await this.#administration()).fetchTopicOffsets(topic);
    const ranges: OffsetRange[] = [];
    for (const { partition, low, high } of offsets) ranges[partition] = { first: Number(low), next: Number(high) };
    return ranges;
  }

  async send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<number> {
    const producer = await this.#sender();
    const messages = records.map(({ key, value, headers }) => ({ key, value, headers, partition }));
    const [sent] = await producer.send({ topic, acks: -1, messages });
    return Number(sent?.baseOffset ?? 0);
  }

  async feed(topic: string, listener: FeedListener, { patient = false }: FeedOptions = {}): Promise<Feed> {
    const partitions = await this.partitionsOf(topic);
    if (partitions === undefined) throw new Error(`there is no topic ${topic}`);
    const make = () =>
      this.#kafka.consumer({
        // One of its own for each reader: kafkajs reads by group only. Nothing is ever committed to it.
        groupId: `${this.#settings.clientId}.${randomUUID()}`,
        maxWaitTimeInMs: patient ? PATIENCE_MS : WAIT_MS,
        ...(patient && { minBytes: MANY_BYTES }),
        maxBytesPerPartition: FETCH_BYTES,
        retry: { ...RETRY, restartOnFailure: async () => false },
      });
    const feed = new KafkaJsFeed(make, topic, partitions, listener, () => this.#feeds.delete(feed));
    this.#feeds.add(feed);
    await feed.open();
    return feed;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#feeds].map((feed) => feed.close()));
    await (await this.#producer?.catch(() => undefined))?.disconnect();
    await (await this.#describer)?.close();
    await (await this.#admin?.catch(() => undefined))?.disconnect();
  }

  #administration(): Promise<Admin> {
    return (this.#admin ??= connected(this.#kafka.admin(), () => (this.#admin = undefined)));
  }

  #sender(): Promise<Producer> {
    return (this.#producer ??= connected(
      this.#kafka.producer({
        idempotent: false,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: Partitioners.DefaultPartitioner,
      }),
      () => (this.#producer = undefined),
    ));
  }
}

/** One that could not connect is not kept. */
async function connected<T extends { connect(): Promise<void> }>(client: T, forget: () => void): Promise<T> {
  try {
    await client.connect();
    return client;
  } catch (error) {
    forget();
    throw error;
  }
}

/** kafkajs gives all partitions to its only member; those not asked for stay paused. */
class KafkaJsFeed implements Feed {
  /** By partition, the offset of the next record wanted. Of what is not in it, nothing is. */
  readonly #wanted = new Map<number, number>();

  readonly #make: () => Consumer;
  readonly #topic: string;
  readonly #partitions: number;
  readonly #listener: FeedListener;
  readonly #forget: () => void;
  readonly #closing = new AbortController();
  #consumer: Consumer | undefined;

  constructor(make: () => Consumer, topic: string, partitions: number, listener: FeedListener, forget: () => void) {
    this.#make = make;
    this.#topic = topic;
    this.#partitions = partitions;
    this.#listener = listener;
    this.#forget = forget;
  }

  /** Rejects when the broker cannot be reached; later it is waited for. */
  async open(): Promise<void> {
    const consumer = this.#make();
    this.#consumer = consumer;
    // Also after it lost the broker and joined again. Attached before `run`, which returns after the first joining.
    consumer.on(consumer.events.GROUP_JOIN, () => this.place());
    consumer.on(consumer.events.CRASH, () => void this.replace(consumer));
    try {
      await consumer.connect();
      // From the beginning: where an offset is gone, the first that is left; what is missing then shows.
      await consumer.subscribe({ topic: this.#topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        partitionsConsumedConcurrently: this.#partitions,
        eachBatch: async (payload) => this.take(payload),
      });
    } catch (error) {
      this.#consumer = undefined;
      await consumer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  read(partition: number, offset: number): void {
    this.#wanted.set(partition, offset);
    this.place(partition);
  }

  pause(partition: number): void {
    this.#wanted.delete(partition);
    this.place(partition);
  }

  async close(): Promise<void> {
    this.#forget();
    this.#closing.abort();
    await this.leave();
  }

  /** By one in a group of its own: restarted in the old group it would wait 30 s for its own former self to be given up. */
  private async replace(crashed: Consumer): Promise<void> {
    if (this.#consumer !== crashed) return;
    this.#consumer = undefined;
    while (!this.#closing.signal.aborted) {
      try {
        await this.open();
        break;
      } catch {
        await setTimeout(AGAIN_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
    if (this.#closing.signal.aborted) await this.leave();
  }

  private async leave(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await consumer?.disconnect();
  }

  private place(only?: number): void {
    const each = only === undefined ? Array.from({ length: this.#partitions }, (_, partition) => partition) : [only];
    for (const partition of each) {
      const offset = this.#wanted.get(partition);
      try {
        if (offset === undefined) this.#consumer?.pause([{ topic: this.#topic, partitions: [partition] }]);
        else {
          this.#consumer?.seek({ topic: this.#topic, partition, offset: String(offset) });
          this.#consumer?.resume([{ topic: this.#topic, partitions: [partition] }]);
        }
      } catch {
        // Between two groups: joining the next one places everything.
      }
    }
  }

  private take({ batch, isStale }: EachBatchPayload): void {
    const offset = this.#wanted.get(batch.partition);
    // Fetched before a pause or a seek.
    if (offset === undefined || isStale()) return;
    const records = batch.messages.map(({ offset: at, key, value, headers = {} }) => {
      return { offset: Number(at), key, value, headers: () => textsOf(headers) };
    });
    const fresh =
      records[0] && records[0].offset < offset ? records.filter((record) => record.offset >= offset) : records;
    const last = fresh.at(-1);
    if (last === undefined) return;
    this.#wanted.set(batch.partition, last.offset + 1);
    this.#listener.records(batch.partition, fresh);
  }
}

function textsOf(headers: IHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String((Array.isArray(value) ? value.at(-1) : value) ?? '')]),
  );
}
