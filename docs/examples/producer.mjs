import { createInterface } from 'node:readline';
import { ProduceAcks, Producer, stringSerializers } from '@platformatic/kafka';

const { KAFKA_BROKERS = 'localhost:9092', TOPIC: topic = 'purchases.inbound' } = process.env;
const bootstrapBrokers = KAFKA_BROKERS.split(',');
const producer = new Producer({ clientId: 'till', bootstrapBrokers, serializers: stringSerializers });
for await (const value of createInterface({ input: process.stdin })) {
  // Throws where the broker has not acknowledged it: send it again then.
  if (value !== '') await producer.send({ messages: [{ topic, value }], acks: ProduceAcks.ALL });
}
await producer.close();
