import { createPool } from '@loyalty/database';
import { createWriter, installEventStore, readHeads, type Decider, type Writer } from '@loyalty/event-store';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import type { Pool } from 'pg';
import type { Consumer } from '../consumer.ts';
import { CONSUMER_TABLES, cutOff, NotingWriter, type Noted } from '../contract/contract-world.ts';
import { CONSUMER, note, range, until } from '../contract/stage.ts';
import { EmbeddedEventLog } from '../embedded/embedded-event-log.ts';
import { createReactor } from '../reactor.ts';
import type { Handlers } from '../translate.ts';
import { openKafkaClient, type KafkaClient, type KafkaClientName, type KafkaRecord } from './kafka-client.ts';
import { KafkaEventLog } from './kafka-event-log.ts';
import { Relay, type RelayHealth } from './relay.ts';
import { topicOf } from './topic.ts';

export const SHARDS = 2;
const SERVICE = 'mouth';
const MEMBERS = 10;
/** A broker that was killed is back within seconds, and its clients within some more. */
const MOST_MS = 40_000;

/** Writes what it is told. */
const echo: Decider<null, string, null> = {
  load: async (_tx, subjects) => new Map(subjects.map(({ subject }) => [subject, null])),
  loadGlobal: async () => null,
  decide: (text, _state, { now }) => {
    return { kind: 'accepted', events: [{ type: 'said.v1', time: now, data: { text } }], answer: null };
  },
  evolve: (state) => state,
  weigh: () => 1,
  models: [],
};

const handlers: Handlers<Noted> = { 'said.v1': (events) => events.map(note) };

export interface RelayProcess {
  readonly relay: Relay;
  /** A kill -9 as others see it: its connections to PostgreSQL are gone and no new ones come. */
  die(): Promise<void>;
}

/** A service with a real log, relays of it in processes of their own, and a service that reads it over Kafka. */
export class RelayScene {
  readonly topic: string;
  readonly client: KafkaClient;
  readonly #name: KafkaClientName;
  readonly #brokers: readonly string[];
  readonly #prefix: string;
  readonly #database: TestDatabase;
  readonly #pool: Pool;
  readonly #writer: Writer<string, null>;
  readonly #closing: (() => Promise<void>)[] = [];
  #said = 0;
  #processes = 0;

  private constructor(
    name: KafkaClientName,
    brokers: readonly string[],
    prefix: string,
    client: KafkaClient,
    database: TestDatabase,
  ) {
    this.#name = name;
    this.#brokers = brokers;
    this.#prefix = prefix;
    this.topic = topicOf(prefix, SERVICE);
    this.client = client;
    this.#database = database;
    this.#pool = createPool({ url: database.url, max: 6, name: SERVICE });
    this.#writer = createWriter({ pool: this.#pool, schema: SERVICE, service: SERVICE, decider: echo });
  }

  static async open(name: KafkaClientName, brokers: readonly string[], prefix: string): Promise<RelayScene> {
    const database = await testDatabase({
      name: 'event_log_relay',
      prepare: async (pool) => {
        await installEventStore(pool, { schema: SERVICE, service: SERVICE, shards: SHARDS });
        await pool.query(CONSUMER_TABLES);
      },
    });
    const client = await openKafkaClient(name, { brokers, clientId: 'scene' });
    return new RelayScene(name, brokers, prefix, client, database);
  }

  /** So many events, of some members in turn. */
  async say(count: number): Promise<void> {
    const texts = range(this.#said + 1, this.#said + count);
    this.#said += count;
    await Promise.all(
      texts.map((n) => this.#writer.execute({ subject: `m${n % MEMBERS}`, input: `${this.#prefix} ${n}` })),
    );
  }

  /** @param via lets a test get between the relay and its client */
  async relay(via: (client: KafkaClient) => KafkaClient = (client) => client): Promise<RelayProcess> {
    const name = `relay ${++this.#processes}`;
    const pool = createPool({ url: this.#database.url, max: 6, name });
    const client = await openKafkaClient(this.#name, { brokers: this.#brokers, clientId: 'relay' });
    const log = new EmbeddedEventLog({ pool, pollMs: 10, batchEvents: 10 });
    const relay = new Relay({
      client: via(client),
      log,
      pool,
      service: SERVICE,
      schema: SERVICE,
      shards: SHARDS,
      topicPrefix: this.#prefix,
    });
    await relay.start();
    this.#closing.push(async () => {
      await relay.close();
      await log.close();
      await client.close();
      await pool.end();
    });
    return {
      relay,
      die: () => cutOff(pool, this.#database.pool, name),
    };
  }

  async reader(): Promise<Consumer> {
    const pool = createPool({ url: this.#database.url, max: 4, name: 'reader' });
    const client = await openKafkaClient(this.#name, { brokers: this.#brokers, clientId: 'reader' });
    const transport = new KafkaEventLog({ client, pool, topicPrefix: this.#prefix, pollMs: 10 });
    const place = { consumer: CONSUMER, source: SERVICE, schema: 'consumer', shards: SHARDS };
    const writer = new NotingWriter(pool, 'reader');
    const reader = await createReactor<Noted>({ ...place, handlers, writer, pool, transport });
    this.#closing.push(async () => {
      await reader.close();
      await transport.close();
      await client.close();
      await pool.end();
    });
    return reader;
  }

  /** What has to be published and applied, by shard. */
  async positions(): Promise<number[][]> {
    return (await readHeads(this.#pool, SERVICE)).map(({ position }) => range(1, position));
  }

  /** What took effect, by shard, in the order in which it did. */
  async applied(): Promise<number[][]> {
    const { rows } = await this.#pool.query<{ shard: number; position: number }>(
      'SELECT shard, position FROM consumer.effects ORDER BY n',
    );
    const shards: number[][] = Array.from({ length: SHARDS }, () => []);
    for (const { shard, position } of rows) shards[shard]?.push(position);
    return shards;
  }

  /** Waits until as many effects are there as events. Whether they are the right ones is for the test to say. */
  async allApplied(): Promise<void> {
    const wanted = (await this.positions()).flat().length;
    await until(async () => (await this.applied()).flat().length >= wanted, MOST_MS);
  }

  /** Waits until every event of the log is in the topic. */
  async allPublished(): Promise<void> {
    const wanted = (await this.positions()).map((each) => each.length);
    await until(async () => {
      const ranges = await this.client.offsetsOf(this.topic).catch(() => []);
      return wanted.every((count, shard) => (ranges[shard]?.next ?? 0) >= count);
    }, MOST_MS);
  }

  /** Everything that a partition holds. */
  async records(shard: number): Promise<KafkaRecord[]> {
    const { next = 0 } = (await this.client.offsetsOf(this.topic))[shard] ?? {};
    const got: KafkaRecord[] = [];
    const feed = await this.client.feed(this.topic, { records: (_, records) => void got.push(...records) });
    feed.read(shard, 0);
    await until(() => got.length >= next, MOST_MS);
    await feed.close();
    return got;
  }

  async state({ relay }: RelayProcess, state: RelayHealth['state']): Promise<RelayHealth> {
    const found = (): RelayHealth | undefined => relay.health().find((each) => each.state === state);
    await until(() => found() !== undefined, MOST_MS);
    return found() as RelayHealth;
  }

  async close(): Promise<void> {
    for (const close of this.#closing.reverse()) await close();
    await this.#writer.close();
    await this.client.close();
    await this.#pool.end();
    await this.#database.close();
  }
}
