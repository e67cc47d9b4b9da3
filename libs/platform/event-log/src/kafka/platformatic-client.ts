import { randomUUID } from 'node:crypto';
import { Admin, Consumer, ProduceAcks, Producer } from '@platformatic/kafka';
import type {
  Feed,
  FeedListener,
  FeedOptions,
  KafkaClient,
  KafkaSettings,
  OffsetRange,
  OutgoingRecord,
  TopicDescription,
} from './kafka-client.ts';
import { hasApiId, offsetRanges, PlatformaticFeed } from './platformatic-feed.ts';
import { tellingError } from './telling-error.ts';

const FOR_EVER_MS = '-1';
const RETRY_MS = 100;

type Text = string | Buffer;
type Sender = Producer<Text, Text, Text, Text>;

const bytes = (text: Text | undefined): Buffer | undefined =>
  typeof text === 'string' ? Buffer.from(text, 'utf8') : text;

/** @platformatic/kafka 2. Not idempotent either: both adapters promise the same, and readers skip what they have seen. */
export class PlatformaticClient implements KafkaClient {
  readonly #settings: KafkaSettings;
  readonly #feeds = new Set<PlatformaticFeed>();
  readonly #made = new WeakMap<OutgoingRecord['headers'], Map<Buffer, Buffer>>();
  #admin: Admin | undefined;
  #producer: Sender | undefined;
  #reader: Consumer | undefined;

  constructor(settings: KafkaSettings) {
    this.#settings = settings;
  }

  async partitionsOf(topic: string): Promise<number | undefined> {
    return (await this.describeTopic(topic))?.partitions;
  }

  async describeTopic(topic: string): Promise<TopicDescription | undefined> {
    try {
      const { topics } = await this.#administration().metadata({ topics: [topic], forceUpdate: true });
      const found = topics.get(topic);
      return found && { id: found.id, partitions: found.partitionsCount };
    } catch (error) {
      // It hides the broker's code in this case.
      if ((error as Error).message.startsWith('Unknown topic ')) return undefined;
      throw tellingError(error);
    }
  }

  async createTopic(topic: string, partitions: number, replication: number): Promise<void> {
    const configs = [
      { name: 'retention.ms', value: FOR_EVER_MS },
      { name: 'retention.bytes', value: FOR_EVER_MS },
      { name: 'cleanup.policy', value: 'delete' },
    ];
    try {
      await this.#administration().createTopics({ topics: [{ topic, partitions, replicas: replication }], configs });
    } catch (error) {
      if (!hasApiId(error, 'TOPIC_ALREADY_EXISTS')) throw tellingError(error);
    }
  }

  async offsetsOf(topic: string): Promise<OffsetRange[]> {
    try {
      return await offsetRanges((this.#reader ??= this.#consumer()), topic);
    } catch (error) {
      throw tellingError(error);
    }
  }

  async send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<number> {
    const messages = records.map(({ key, value, headers }) => ({
      topic,
      partition,
      ...(key !== null && { key }),
      ...(value !== null && { value }),
      headers: this.#headers(headers),
    }));
    try {
      const { offsets } = await this.#sender().send({ messages });
      return Number(offsets?.[0]?.offset ?? 0);
    } catch (error) {
      throw tellingError(error);
    }
  }

  async feed(topic: string, listener: FeedListener, options: FeedOptions = {}): Promise<Feed> {
    const consumer = this.#consumer();
    consumer.topics.trackAll(topic);
    const feed: PlatformaticFeed = new PlatformaticFeed(
      consumer,
      topic,
      listener,
      { ...options, onTrouble: this.#settings.onTrouble },
      () => this.#feeds.delete(feed),
    );
    this.#feeds.add(feed);
    return feed;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#feeds].map((feed) => feed.close()));
    await Promise.all([this.#admin?.close(), this.#producer?.close(), this.#reader?.close(true)]);
  }

  /** As bytes; made once for records that share them. */
  #headers(headers: OutgoingRecord['headers']): Map<Buffer, Buffer> {
    let made = this.#made.get(headers);
    if (made === undefined) {
      made = new Map(Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]));
      this.#made.set(headers, made);
    }
    return made;
  }

  #administration(): Admin {
    return (this.#admin ??= new Admin(this.#base()));
  }

  #sender(): Sender {
    return (this.#producer ??= new Producer({
      ...this.#base(),
      serializers: { key: bytes, value: bytes, headerKey: bytes, headerValue: bytes },
      acks: ProduceAcks.ALL,
      idempotent: false,
      autocreateTopics: false,
    }));
  }

  #consumer(): Consumer {
    // The group is a name only: nobody joins it.
    return new Consumer({ ...this.#base(), groupId: `${this.#settings.clientId}.${randomUUID()}` });
  }

  #base() {
    const { brokers, clientId, tls, sasl } = this.#settings;
    return {
      bootstrapBrokers: [...brokers],
      clientId,
      retries: 3,
      retryDelay: RETRY_MS,
      ...(tls && { tls }),
      ...(sasl && { sasl }),
    };
  }
}
