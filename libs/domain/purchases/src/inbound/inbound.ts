import { Logger } from '@nestjs/common';
import {
  ForeignTopic,
  openKafkaClient,
  realPacing,
  type KafkaClient,
  type KafkaClientName,
  type KafkaSettings,
  type OwnedPartition,
} from '@loyalty/event-log';
import { RareMessages } from '@loyalty/service';
import { DeadLetterRounds } from '../dead-letters/dead-letter-rounds.ts';
import type { Door } from '../record-documents.ts';
import { countLost, countRecords } from './metrics.ts';
import { readPartition, type PartitionState } from './read-partition.ts';
import type { Recorded } from './record-inbound.ts';

export interface InboundOptions {
  readonly client: KafkaClientName;
  /** Read when it starts: files may be named in it. */
  readonly settings: () => Promise<KafkaSettings>;
  readonly topic: string;
  readonly deadLetterTopic: string;
  /** Copies of each dead letter, where the topic is made. @default 1 */
  readonly replication?: number;
  /** How often the topic is looked at. @default 5000 */
  readonly lookMs?: number;
  /** Between two rounds of what is tried again and published by itself. @default 2000 */
  readonly roundMs?: number;
}

/** Broker questions of a health check wait no longer than this. */
const PATIENCE_MS = 1_000;

/** Takes in purchases and returns from the retailer's topic, and looks after its dead letters. */
export class Inbound {
  readonly #logger = new Logger('inbound purchases');
  readonly #states = new Map<number, PartitionState>();
  readonly #door: Door;
  readonly #options: InboundOptions;
  #client: KafkaClient | undefined;
  #topic: ForeignTopic | undefined;
  #rounds: DeadLetterRounds | undefined;

  constructor(door: Door, options: InboundOptions) {
    this.#door = door;
    this.#options = options;
  }

  /** @throws {Error} when a file that the settings name cannot be read. A broker that is away is waited for, not an error. */
  async start(): Promise<void> {
    const { client: name, settings, topic, deadLetterTopic, replication = 1, lookMs, roundMs } = this.#options;
    const rare = new RareMessages((message) => this.#logger.warn(`Kafka: trying on: ${message}`));
    const onTrouble = (message: string): void => rare.tell(message);
    const client = await openKafkaClient(name, { ...(await settings()), onTrouble });
    this.#client = client;
    this.#rounds = new DeadLetterRounds({
      door: this.#door,
      client,
      topic: deadLetterTopic,
      replication,
      ...(roundMs !== undefined && { pauseMs: roundMs }),
      onTrouble: (message) => rare.tell(`dead letters wait to be published: ${message}`),
    });
    this.#rounds.start();
    this.#topic = new ForeignTopic({
      client,
      pool: this.#door.pool,
      topic,
      consumer: 'inbound',
      schema: 'purchases',
      ...(lookMs !== undefined && { lookMs }),
      own: (owned) => this.read(owned),
    });
  }

  /** Of the partitions that this process reads; `lag` where the broker answers. */
  async figures(): Promise<Readonly<Record<string, unknown>>> {
    const { topic } = this.#options;
    const own = [...this.#states.values()];
    const lag = await this.lag(own);
    const waiting = own.filter(({ state }) => state === 'waiting');
    const reasons = waiting.map(({ partition, reason }) => `partition ${partition}: ${reason}`);
    if (this.#topic?.trouble != null) reasons.unshift(this.#topic.trouble);
    return {
      topic,
      partitions: own.length,
      ...(lag !== undefined && { lag }),
      ...(reasons.length > 0 && { waiting: reasons.join('; ') }),
    };
  }

  async close(): Promise<void> {
    await this.#topic?.close();
    await this.#rounds?.close();
    await this.#client?.close();
  }

  private async lag(own: readonly PartitionState[]): Promise<number | undefined> {
    const client = this.#client;
    if (client === undefined || own.length === 0) return undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
    });
    const ranges = await Promise.race([client.offsetsOf(this.#options.topic).catch(() => undefined), late]);
    clearTimeout(timer);
    return (
      ranges && own.reduce((sum, { partition, next }) => sum + Math.max(0, (ranges[partition]?.next ?? 0) - next), 0)
    );
  }

  private async read(owned: OwnedPartition): Promise<void> {
    const { partition } = owned;
    const { topic } = this.#options;
    try {
      await readPartition({
        door: this.#door,
        place: { topic, topicId: owned.topic.id, partition },
        owned,
        pacing: realPacing,
        note: (state) => this.note(state),
        onLost: (from, to) => {
          countLost(to - from);
          const what = `${topic}/${partition}: offsets ${from} to ${to - 1} were deleted before they were read`;
          this.#logger.error(
            `${what}. Send their documents again, by any door, and let the topic keep records longer.`,
          );
        },
        onShorter: (from, to) => {
          const what = `${topic}/${partition}: read to offset ${from}, but it ends at ${to}: the broker has lost records`;
          this.#logger.error(`${what}. It is read again from its beginning; what is recorded is known.`);
        },
        onRecorded: (recorded) => this.told(recorded),
      });
    } finally {
      this.#states.delete(partition);
    }
  }

  private note(state: PartitionState): void {
    const before = this.#states.get(state.partition);
    this.#states.set(state.partition, state);
    if (state.reason !== null && before?.reason !== state.reason)
      this.#logger.warn(`${this.#options.topic}/${state.partition} waits: ${state.reason}`);
  }

  private told({ recorded, duplicate, letters }: Recorded): void {
    countRecords(recorded, duplicate, letters.length);
    if (letters.length > 0) this.#rounds?.wake();
  }
}
