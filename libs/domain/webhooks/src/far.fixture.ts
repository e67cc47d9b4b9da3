import { randomUUID } from 'node:crypto';
import { migrate } from '@loyalty/database';
import { KafkaEventLog, openKafkaClient, recordOf, type KafkaClient, type KafkaClientName } from '@loyalty/event-log';
import { shardOf, type StoredEvent } from '@loyalty/kernel';
import { installProjections } from '@loyalty/projections';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import type { Pool } from 'pg';
import { Sender } from './send.ts';
import { createWebhook } from './webhook-store.ts';
import { WebhookFollower } from './webhook-follower.ts';
import { heard, type Told } from './webhooks.fixture.ts';
import { webhooks, WEBHOOKS_SCHEMA } from './webhooks.ts';

const SHARDS = 8;
let count = 0;

/** Webhooks with a database of their own: of all logs there are only topics. */
export class FarScene {
  readonly #copy: TestDatabase;
  readonly #client: KafkaClient;
  readonly #prefix: string;
  readonly #positions = new Map<string, number>();
  #transport: KafkaEventLog | undefined;
  #follower: WebhookFollower | undefined;

  private constructor(copy: TestDatabase, client: KafkaClient, prefix: string) {
    this.#copy = copy;
    this.#client = client;
    this.#prefix = prefix;
  }

  /** With topics of points and feedback; nobody has made the others yet. */
  static async open(name: KafkaClientName, brokers: readonly string[]): Promise<FarScene> {
    const copy = await testDatabase({
      name: 'webhooks_alone',
      prepare: async (pool) => {
        await installProjections(pool, WEBHOOKS_SCHEMA);
        await migrate(pool, WEBHOOKS_SCHEMA, webhooks.migrations);
      },
    });
    const client = await openKafkaClient(name, { brokers, clientId: 'webhooks' });
    const prefix = `far.${name}.${process.pid}.${Date.now()}.${++count}.`;
    for (const source of ['points', 'feedback']) await client.createTopic(`${prefix}${source}.events`, SHARDS, 1);
    return new FarScene(copy, client, prefix);
  }

  get pool(): Pool {
    return this.#copy.pool;
  }

  get follower(): WebhookFollower {
    if (this.#follower === undefined) throw new Error('not started');
    return this.#follower;
  }

  async start(): Promise<void> {
    const { pool } = this.#copy;
    const transport = new KafkaEventLog({ client: this.#client, pool, topicPrefix: this.#prefix, pollMs: 20 });
    const follower = new WebhookFollower(pool, new Sender({ privateTargets: true }), { poll_ms: 20, logger: heard });
    const places = follower.sources.map((source) => {
      const sourceLog = transport.logOf(source);
      return { schema: WEBHOOKS_SCHEMA, consumer: 'webhooks', source, sourceLog, shards: SHARDS };
    });
    await follower.start(transport, places);
    this.#transport = transport;
    this.#follower = follower;
  }

  async subscribe(id: string, url: string): Promise<void> {
    const ends = await this.follower.endsOfLogs();
    await createWebhook(this.pool, { id, url, types: ['*'] }, ends, Date.now());
    this.follower.wake();
  }

  /** What a service recorded and published. */
  async publish(source: string, ...told: readonly Told[]): Promise<void> {
    for (const { type, subject, data = {}, recorded = new Date().toISOString() } of told) {
      const shard = shardOf(subject, SHARDS);
      const position = (this.#positions.get(`${source} ${shard}`) ?? 0) + 1;
      this.#positions.set(`${source} ${shard}`, position);
      const time = Date.parse(recorded);
      const hash = Buffer.from(`${source} ${shard} ${position}`.padEnd(32)).toString('hex');
      const at = { shard, position, id: randomUUID(), source, type, subject, time, recorded: time * 1000, hash };
      const event: StoredEvent = { ...at, correlation: null, causation: null, trace: null, data: JSON.stringify(data) };
      await this.#client.send(`${this.#prefix}${source}.events`, shard, [recordOf(event)]);
    }
  }

  async close(): Promise<void> {
    await this.#follower?.close();
    await this.#transport?.close();
    await this.#client.close();
    await this.#copy.close();
  }
}
