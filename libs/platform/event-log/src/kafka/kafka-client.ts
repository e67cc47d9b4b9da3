import type { ConnectionOptions } from 'node:tls';

/** A record as it is sent. */
export interface OutgoingRecord {
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as it came out of a partition. */
export interface KafkaRecord {
  readonly offset: number;
  /** Null for a record that somebody else wrote without one. */
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** As text; of a name that is there twice the last. */
  headers(): Readonly<Record<string, string>>;
}

/** A topic as it is there now. One that is deleted and made again has another id. */
export interface TopicDescription {
  readonly id: string;
  readonly partitions: number;
}

/** First offset that is still there, and the one the next record will get. Equal: empty. */
export interface OffsetRange {
  readonly first: number;
  readonly next: number;
}

/**
 * What this project needs of a Kafka client, and all it may use of one. Two adapters keep it: kafkajs and @platformatic/kafka.
 * No consumer groups: which process reads what is not Kafka's business here.
 */
export interface KafkaClient {
  /** How many partitions a topic has; undefined where there is none. */
  partitionsOf(topic: string): Promise<number | undefined>;
  /** Undefined where there is none. */
  describeTopic(topic: string): Promise<TopicDescription | undefined>;
  /** Keeps every record for ever. Somebody else having made it in the meantime is no error. */
  createTopic(topic: string, partitions: number, replication: number): Promise<void>;
  offsetsOf(topic: string): Promise<readonly OffsetRange[]>;
  /**
   * Resolves with the offset of the first record when all replicas in sync have them all, in this order. Calls for one partition must
   * not overlap. Rejects when that is not certain: they may or may not be there, or get there later, once or twice.
   */
  send(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<number>;
  /** Reads partitions; at first none. */
  feed(topic: string, listener: FeedListener, options?: FeedOptions): Promise<Feed>;
  close(): Promise<void>;
}

export interface FeedOptions {
  /** The broker keeps new records until there are many, or for a tenth of a second. @default false: each comes at once */
  readonly patient?: boolean;
}

/** Bytes for which a patient feed does not wait any longer. */
export const MANY_BYTES = 65_536;

export interface FeedListener {
  /** Never empty, offsets rising, the next ones right after. */
  records(partition: number, records: readonly KafkaRecord[]): void;
}

export interface Feed {
  /** From now on the partition's records come, starting with this offset (or the first after it that is still there). */
  read(partition: number, offset: number): void;
  /** No more of them, until `read`. */
  pause(partition: number): void;
  close(): Promise<void>;
}

export interface KafkaSettings {
  /** `host:port` */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** TLS, with these options; undefined: none. */
  readonly tls?: ConnectionOptions;
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
    readonly username: string;
    readonly password: string;
  };
  /** Told of what the client goes on trying. */
  readonly onTrouble?: (message: string) => void;
}

export type KafkaClientName = 'kafkajs' | 'platformatic';

/** Only the client that is chosen is loaded. */
export async function openKafkaClient(name: KafkaClientName, settings: KafkaSettings): Promise<KafkaClient> {
  if (name === 'kafkajs') return new (await import('./kafkajs-client.ts')).KafkaJsClient(settings);
  return new (await import('./platformatic-client.ts')).PlatformaticClient(settings);
}
