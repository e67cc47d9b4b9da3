import { describeWithBroker } from '@loyalty/broker';
import { createPool } from '@loyalty/database';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import kafkajs from 'kafkajs';
import type { Pool } from 'pg';
import { until } from '../contract/stage.ts';
import { ForeignTopic, type OwnedPartition } from './foreign-topic.ts';
import { openKafkaClient, type KafkaClient, type KafkaClientName } from './kafka-client.ts';

const CLIENTS: readonly KafkaClientName[] = ['kafkajs', 'platformatic'];
const record = (value: string) => ({ key: null, value, headers: {} });

/** What a process reads, and of which partitions; where it stands it forgets. */
class Reader {
  readonly got: string[] = [];
  readonly owned = new Set<number>();
  readonly topic: ForeignTopic;
  readonly client: KafkaClient;
  readonly pool: Pool;

  constructor(client: KafkaClient, pool: Pool, topic: string) {
    this.client = client;
    this.pool = pool;
    const own = (partition: OwnedPartition): Promise<void> => this.read(partition);
    this.topic = new ForeignTopic({
      client,
      pool,
      topic,
      consumer: 'spec',
      schema: 'spec',
      own,
      lookMs: 20,
      pollMs: 10,
    });
  }

  async close(): Promise<void> {
    await this.topic.close();
    await this.client.close();
    await this.pool.end();
  }

  private async read({ partition, reader, signal }: OwnedPartition): Promise<void> {
    this.owned.add(partition);
    reader.seek(0);
    try {
      for (;;) for (const { value } of await reader.next()) this.got.push(`${partition} ${value?.toString()}`);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.owned.delete(partition);
    }
  }
}

await describeWithBroker('a topic that is somebody else’s', (brokers) => {
  const admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  let database: TestDatabase;
  let client: KafkaClient;
  let readers: Reader[] = [];
  let count = 0;
  let topic: string;
  beforeAll(async () => {
    database = await testDatabase();
    client = await openKafkaClient('platformatic', { brokers, clientId: 'spec' });
    await admin.connect();
  });
  beforeEach(() => void (topic = `foreign.${process.pid}.${Date.now()}.${++count}`));
  afterEach(async () => {
    await Promise.all(readers.map((each) => each.close()));
    readers = [];
  });
  afterAll(async () => {
    await admin.disconnect();
    await client.close();
    await database.close();
  });

  async function start(name: KafkaClientName): Promise<Reader> {
    const pool = createPool({ url: database.url, max: 3, name: 'spec' });
    const reader = new Reader(await openKafkaClient(name, { brokers, clientId: `reader-${++count}` }), pool, topic);
    readers.push(reader);
    return reader;
  }

  describe.each(CLIENTS)('%s', (name) => {
    it('is waited for, read when it is made, and when partitions are added', async () => {
      const reader = await start(name);
      await until(() => reader.topic.trouble === `there is no topic ${topic}`);
      await client.createTopic(topic, 1, 1);
      await client.send(topic, 0, [record('a')]);
      await until(() => reader.got.length === 1);
      expect([reader.topic.trouble, reader.topic.topic?.partitions]).toEqual([null, 1]);
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      await until(() => reader.owned.size === 3);
      // The one that sent before still counts one partition.
      const another = await openKafkaClient(name, { brokers, clientId: 'spec' });
      await another.send(topic, 2, [record('b')]);
      await another.close();
      await until(() => reader.got.includes('2 b'));
    });

    it('is read anew when it was deleted and made again', async () => {
      await client.createTopic(topic, 1, 1);
      await client.send(topic, 0, ['a', 'b', 'c'].map(record));
      const reader = await start(name);
      await until(() => reader.got.length === 3);
      await admin.deleteTopics({ topics: [topic] });
      await until(() => reader.topic.topic === undefined);
      await client.createTopic(topic, 1, 1);
      await client.send(topic, 0, [record('d')]);
      await until(() => reader.got.includes('0 d'));
      expect(reader.got).toEqual(['0 a', '0 b', '0 c', '0 d']);
    });
  });

  it('is split among the processes that read it, and taken over from one that ends', async () => {
    await client.createTopic(topic, 5, 1);
    const first = await start('kafkajs');
    await until(() => first.owned.size === 5);
    const second = await start('platformatic');
    await until(() => first.owned.size + second.owned.size === 5 && second.owned.size >= 2);
    expect([...first.owned, ...second.owned].sort()).toEqual([0, 1, 2, 3, 4]);
    await first.close();
    readers = [second];
    await until(() => second.owned.size === 5);
  });
});
