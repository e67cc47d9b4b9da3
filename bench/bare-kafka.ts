import { randomUUID } from 'node:crypto';
import type { KafkaClientName } from '@loyalty/event-log';
import { Consumer, MessagesStreamModes, ProduceAcks, Producer } from '@platformatic/kafka';
import kafkajs from 'kafkajs';

/** A client as its own manual shows it, and nothing around it. */
export interface BareProducer {
  send(topic: string, partition: number, records: readonly { key: string; value: string }[]): Promise<void>;
  close(): Promise<void>;
}

export async function bareProducer(name: KafkaClientName, brokers: readonly string[]): Promise<BareProducer> {
  if (name === 'kafkajs') {
    const producer = kafka(brokers).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    return {
      send: async (topic, partition, records) => {
        await producer.send({ topic, acks: -1, messages: records.map((record) => ({ ...record, partition })) });
      },
      close: () => producer.disconnect(),
    };
  }
  const text = (value: string | undefined): Buffer | undefined =>
    value === undefined ? undefined : Buffer.from(value);
  const producer = new Producer<string, string, string, string>({
    bootstrapBrokers: [...brokers],
    clientId: 'bare',
    serializers: { key: text, value: text, headerKey: text, headerValue: text },
    acks: ProduceAcks.ALL,
  });
  return {
    send: async (topic, partition, records) => {
      await producer.send({ messages: records.map((record) => ({ ...record, topic, partition })) });
    },
    close: () => producer.close(),
  };
}

/**
 * Reads a topic from its beginning as one consumer of a group, parsing each record's JSON.
 * @returns records a second from the first batch on
 */
export async function bareConsume(
  name: KafkaClientName,
  brokers: readonly string[],
  topic: string,
  count: number,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let seen = 0;
  let started: number | undefined;
  const see = (values: readonly (Buffer | null)[]): void => {
    started ??= performance.now();
    for (const value of values) JSON.parse(String(value));
    seen += values.length;
    if (seen >= count) resolve(count / ((performance.now() - started) / 1000));
  };
  const close = name === 'kafkajs' ? await byKafkaJs(brokers, topic, see) : await byPlatformatic(brokers, topic, see);
  const rate = await promise;
  await close();
  return rate;
}

type See = (values: readonly (Buffer | null)[]) => void;

async function byKafkaJs(brokers: readonly string[], topic: string, see: See): Promise<() => Promise<void>> {
  const consumer = kafka(brokers).consumer({ groupId: `bare-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: 8,
    eachBatch: async ({ batch }) => see(batch.messages.map(({ value }) => value)),
  });
  return () => consumer.disconnect();
}

async function byPlatformatic(brokers: readonly string[], topic: string, see: See): Promise<() => Promise<void>> {
  const consumer = new Consumer({ bootstrapBrokers: [...brokers], clientId: 'bare', groupId: `bare-${randomUUID()}` });
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST });
  stream.on('data', ({ value }) => see([value]));
  return async () => {
    await stream.close();
    await consumer.close();
  };
}

const kafka = (brokers: readonly string[]): kafkajs.Kafka =>
  new kafkajs.Kafka({ brokers: [...brokers], clientId: 'bare', logLevel: kafkajs.logLevel.NOTHING });
