import { DatabaseSync } from 'node:sqlite';
import kafkajs from 'kafkajs';

const { KAFKA_BROKERS = 'localhost:9092', TOPIC = 'loyalty.points.events', FILE = 'consumer.db' } = process.env;
const db = new DatabaseSync(FILE, { timeout: 5_000 });
db.exec(`CREATE TABLE IF NOT EXISTS happened (partition INTEGER, position INTEGER, type TEXT, member TEXT, data TEXT,
  PRIMARY KEY (partition, position))`);
const last = db.prepare('SELECT coalesce(max(position), 0) AS position FROM happened WHERE partition = ?');
const keep = db.prepare('INSERT INTO happened VALUES (?, ?, ?, ?, ?)');

const kafka = new kafkajs.Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.ERROR });
const consumer = kafka.consumer({ groupId: 'crm', sessionTimeout: 10_000 });
await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    const { position, type, subject, data } = JSON.parse(message.value);
    const missing = Number(position) - last.get(partition).position - 1;
    if (missing > 0) throw new Error(`partition ${partition}: ${missing} events before ${position} are missing`);
    if (missing < 0) return; // there twice
    keep.run(partition, Number(position), type, subject, JSON.stringify(data)); // what you do, and how far you are: one row
  },
});
