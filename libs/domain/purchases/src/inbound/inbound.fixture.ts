import 'reflect-metadata';
import { createPool, openDatabase, type Database } from '@loyalty/database';
import { openKafkaClient, type KafkaClient, type KafkaClientName, type KafkaRecord } from '@loyalty/event-log';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import kafkajs, { type Admin } from 'kafkajs';
import type { DeadLetterDetail, DeadLetterView } from '../dead-letters/dead-letter.ts';
import { installForTests } from '../purchases.fixture.ts';
import { PurchasesModule } from '../purchases.module.ts';

const MOST_MS = 20_000;
let count = 0;

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

export interface Figures {
  readonly partitions: number;
  readonly lag?: number;
  readonly waiting?: string;
  readonly deadLetters: number;
  readonly tooEarly: number;
  readonly lost: number;
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + MOST_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${MOST_MS / 1_000} s in vain for ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A document that is in order, and what may be changed in it. */
export function purchase(id: string, change: object = {}): object {
  const line = { item: 'coffee', quantity: '2', unitPrice: '2.50' };
  const head = { source: 'till', id, member: 'm-1', at: '2026-06-06T10:00:00+08:00', currency: 'CNY' };
  return { ...head, lines: [line], ...change };
}

/** A return of one coffee by nobody known: only the purchase that it names tells whose it is. */
export function returned(id: string, of: string): object {
  const line = { item: 'coffee', quantity: '-1', unitPrice: '2.50', of: { source: 'till', id: of, line: 1 } };
  return purchase(id, { at: '2026-06-07T10:00:00+08:00', lines: [line], member: undefined });
}

/** A retailer with a topic, and the service that reads it. */
export class InboundScene {
  readonly topic = `inbound.${process.pid}.${Date.now()}.${++count}`;
  readonly deadLetters = `${this.topic}.dead`;
  readonly #name: KafkaClientName;
  readonly #brokers: readonly string[];
  readonly #copy: TestDatabase;
  readonly #client: KafkaClient;
  readonly #admin: Admin;
  #app: Awaited<ReturnType<typeof createHttpApp>> | undefined;
  #database: Database | undefined;
  #url = '';

  private constructor(name: KafkaClientName, brokers: readonly string[], copy: TestDatabase, client: KafkaClient) {
    this.#name = name;
    this.#brokers = brokers;
    this.#copy = copy;
    this.#client = client;
    this.#admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  }

  static async open(name: KafkaClientName, brokers: readonly string[], partitions: number): Promise<InboundScene> {
    const copy = await testDatabase({ name: 'purchases', prepare: installForTests });
    const client = await openKafkaClient(name, { brokers, clientId: 'retailer' });
    const scene = new InboundScene(name, brokers, copy, client);
    await scene.#admin.connect();
    await client.createTopic(scene.topic, partitions, 1);
    return scene;
  }

  async start(): Promise<void> {
    this.#database = await openDatabase({ url: this.#copy.url, name: 'inbound spec', max: 8 });
    const settings = async () => ({ brokers: this.#brokers, clientId: 'inbound' });
    const { topic, deadLetters: deadLetterTopic } = this;
    const inbound = { client: this.#name, settings, topic, deadLetterTopic, lookMs: 50, roundMs: 20 };
    this.#app = await createHttpApp({
      title: 'Test',
      modules: [PurchasesModule.forRoot({ validate: true, inbound })],
      environment: readEnvironment({}),
      database: this.#database,
      keys: fixedKeys({ shop: ['*'], reader: ['purchases:read'], till: ['points:*'] }),
      logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
    });
    await this.#app.listen(0, '127.0.0.1');
    this.#url = await this.#app.getUrl();
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    await this.#database?.close();
    this.#app = this.#database = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#admin.disconnect();
    await this.#client.close();
    await this.#copy.close();
  }

  /** Sends values as they are, or what is no text as JSON. */
  async send(partition: number, values: readonly unknown[], headers: Record<string, string> = {}): Promise<void> {
    const texts = values.map((each) =>
      typeof each === 'string' || Buffer.isBuffer(each) || each === null ? each : JSON.stringify(each),
    );
    await this.#client.send(
      this.topic,
      partition,
      texts.map((value) => ({ key: 'till', value, headers })),
    );
  }

  async ask<Body>(method: string, path: string, body?: object, key = 'shop'): Promise<Answer<Body>> {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(`${this.#url}/v1/${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Body };
  }

  async letters(query = ''): Promise<readonly DeadLetterView[]> {
    return (await this.ask<{ items: DeadLetterView[] }>('GET', `dead-letters${query}`)).body.items;
  }

  async letter(id: string): Promise<DeadLetterDetail> {
    return (await this.ask<DeadLetterDetail>('GET', `dead-letters/${id}`)).body;
  }

  async figures(): Promise<Figures> {
    const answer = await fetch(`${this.#url}/health/ready`);
    const { details } = (await answer.json()) as { details: Record<string, Figures> };
    return details['inbound purchases'] as Figures;
  }

  /** Nothing of the topic is left to read. */
  async taken(): Promise<void> {
    await until(async () => (await this.figures()).lag === 0);
  }

  /** Ids of what was recorded, as often as it was. */
  async recorded(): Promise<string[]> {
    const { rows } = await this.#copy.pool.query<{ id: string }>(
      `SELECT data::json ->> 'id' AS id FROM purchases.events WHERE type IN ('purchase.recorded.v1', 'purchase.returned.v1') ORDER BY 1`,
    );
    return rows.map(({ id }) => id);
  }

  async sql(text: string): Promise<void> {
    await this.#copy.pool.query(text);
  }

  /** Where it will read on. */
  async nextOf(partition: number): Promise<number | undefined> {
    const { rows } = await this.#copy.pool.query<{ next: number }>(
      'SELECT next FROM purchases.inbound_offsets WHERE partition = $1',
      [partition],
    );
    return rows[0]?.next;
  }

  /** What a shop window of the dead letters' topic shows. */
  async published(wanted: number): Promise<KafkaRecord[]> {
    const got: KafkaRecord[] = [];
    await until(async () => (await this.#client.offsetsOf(this.deadLetters).catch(() => []))[0]?.next === wanted);
    const feed = await this.#client.feed(this.deadLetters, { records: (_, records) => void got.push(...records) });
    feed.read(0, 0);
    await until(() => got.length >= wanted);
    await feed.close();
    return got;
  }

  async remakeTopic(partitions: number): Promise<void> {
    await this.#admin.deleteTopics({ topics: [this.topic] });
    await until(async () => (await this.#client.partitionsOf(this.topic)) === undefined);
    await this.#client.createTopic(this.topic, partitions, 1);
  }

  async deleteBefore(partition: number, offset: number): Promise<void> {
    // It finds the topic's broker by what it has asked before.
    await this.#admin.fetchTopicOffsets(this.topic);
    await this.#admin.deleteTopicRecords({ topic: this.topic, partitions: [{ partition, offset: String(offset) }] });
  }

  /** Has PostgreSQL end what the service's connections do. */
  async cutOff(): Promise<void> {
    const pool = createPool({ url: this.#copy.url, max: 1, name: 'cut' });
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'inbound spec%'`,
    );
    await pool.end();
  }
}
