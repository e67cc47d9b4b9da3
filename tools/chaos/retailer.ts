import { setTimeout } from 'node:timers/promises';
import { openKafkaClient, type Feed, type KafkaClient, type KafkaRecord } from '@loyalty/event-log';

export const RETAILER_TOPICS = { inbound: 'chaos.inbound', deadLetters: 'chaos.dead-letters' };
export const INBOUND_PARTITIONS = 3;
const AGAIN_MS = 150;
const PATIENCE_MS = 30_000;

/** A record as the broker acknowledged it. */
export interface Produced {
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

/** Sends to a topic of its own, each record until the broker has acknowledged it: so some are there twice. */
export class Retailer {
  readonly acknowledged: Produced[] = [];
  /** What was sent and is no document, acknowledged or not. */
  readonly malformed = new Set<string>();
  readonly #client: KafkaClient;
  readonly #topics: typeof RETAILER_TOPICS;
  /** By partition: calls for one must not overlap. */
  readonly #turns = Array.from({ length: INBOUND_PARTITIONS }, (): Promise<unknown> => Promise.resolve());
  #next = 0;

  private constructor(client: KafkaClient, topics: typeof RETAILER_TOPICS) {
    this.#client = client;
    this.#topics = topics;
  }

  /** Makes the inbound topic. */
  static async open(brokers: readonly string[], topics = RETAILER_TOPICS): Promise<Retailer> {
    const client = await openKafkaClient('platformatic', { brokers, clientId: 'retailer' });
    await client.createTopic(topics.inbound, INBOUND_PARTITIONS, 1);
    return new Retailer(client, topics);
  }

  /** @returns whether the broker acknowledged it, before `signal` */
  async send(value: string, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const partition = this.#next++ % INBOUND_PARTITIONS;
      const records = [{ key: 'till', value, headers: {} }];
      const sent = this.#turns[partition]?.then(() => this.#client.send(this.#topics.inbound, partition, records));
      this.#turns[partition] = sent?.catch(() => undefined) ?? Promise.resolve();
      const offset = await sent?.catch(() => undefined);
      if (offset !== undefined) {
        this.acknowledged.push({ partition, offset, value });
        return true;
      }
      await setTimeout(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  /** One of several ways of sending what is no document. @param id unlike any other's */
  async spoil(id: string, signal: AbortSignal): Promise<void> {
    const document = { source: 'chaos', id, member: 'M-1', at: '2026-06-06T10:00:00Z', currency: 'CNY', lines: [] };
    const whole = JSON.stringify(document);
    const ways = [whole.slice(0, -1), JSON.stringify(id), whole];
    const value = ways[this.malformed.size % ways.length] as string;
    this.malformed.add(value);
    await this.send(value, signal);
  }

  /** What the broker holds, of all partitions. */
  async inbound(): Promise<Produced[]> {
    const records = await this.read(this.#topics.inbound);
    return records.map(([partition, { offset, value }]) => ({ partition, offset, value: value?.toString() ?? '' }));
  }

  /** The ids of published dead letters, as often as each was. */
  async published(): Promise<string[]> {
    const records = await this.read(this.#topics.deadLetters);
    return records.map(([, { headers }]) => headers()['dead-letter-id'] ?? '');
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** @throws {Error} when it does not come */
  private async read(topic: string): Promise<(readonly [partition: number, record: KafkaRecord])[]> {
    if ((await this.#client.partitionsOf(topic)) === undefined) return [];
    const ranges = await this.#client.offsetsOf(topic);
    const wanted = ranges.reduce((sum, { first, next }) => sum + next - first, 0);
    const got: (readonly [number, KafkaRecord])[] = [];
    const { promise: all, resolve } = Promise.withResolvers<void>();
    let feed: Feed | undefined;
    try {
      feed = await this.#client.feed(topic, {
        records: (partition, records) => {
          for (const record of records) got.push([partition, record]);
          if (got.length >= wanted) resolve();
        },
      });
      for (const partition of ranges.keys()) feed.read(partition, 0);
      if (wanted > 0) await Promise.race([all, setTimeout(PATIENCE_MS, undefined, { ref: false })]);
      if (got.length < wanted) throw new Error(`${got.length} of ${wanted} records of ${topic} came`);
      return got;
    } finally {
      await feed?.close();
    }
  }
}
