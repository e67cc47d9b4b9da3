import { describeWithBroker } from '@loyalty/broker';
import { createPool } from '@loyalty/database';
import type { StoredEvent } from '@loyalty/kernel';
import { testDatabase } from '@loyalty/testing';
import type { Pool } from 'pg';
import { cutOff } from '../contract/contract-world.ts';
import { eventLogContract } from '../contract/event-log-contract.ts';
import { recordOf } from './event-record.ts';
import { openKafkaClient, type KafkaClient, type KafkaClientName } from './kafka-client.ts';
import { KafkaEventLog } from './kafka-event-log.ts';
import { ensureTopic, topicOf } from './topic.ts';

async function world(name: KafkaClientName, brokers: readonly string[]) {
  const database = await testDatabase();
  const prefix = `${name}.${process.pid}.${Date.now()}.`;
  const client = await openKafkaClient(name, { brokers, clientId: 'contract' });
  let count = 0;
  return {
    pool: database.pool,
    source: (source: string, shards: number) =>
      ensureTopic(client, topicOf(prefix, source), { shards, replication: 1 }),
    deliver: (source: string, events: readonly StoredEvent[]) => publish(client, topicOf(prefix, source), events),
    process: async (batchEvents: number) => {
      const pool: Pool = createPool({ url: database.url, max: 4, name: `process ${++count}` });
      const own = await openKafkaClient(name, { brokers, clientId: `process-${count}` });
      const log = new KafkaEventLog({ client: own, pool, topicPrefix: prefix, batchEvents, pollMs: 10 });
      const application = `process ${count}`;
      let ended: Promise<void> | null = null;
      return {
        transport: log,
        die: () => cutOff(pool, database.pool, application),
        close: () =>
          (ended ??= log
            .close()
            .then(() => own.close())
            .then(() => pool.end())),
      };
    },
    close: async () => {
      await client.close();
      await database.close();
    },
  };
}

async function publish(client: KafkaClient, topic: string, events: readonly StoredEvent[]): Promise<void> {
  const shards = Map.groupBy(events, ({ shard }) => shard);
  for (const [shard, its] of shards) await client.send(topic, shard, its.map(recordOf));
}

await describeWithBroker('Kafka', (brokers) => {
  for (const name of ['kafkajs', 'platformatic'] as const) {
    eventLogContract(`Kafka by ${name}`, () => world(name, brokers));
  }
});
