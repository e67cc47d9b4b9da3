import { DatabaseSync } from 'node:sqlite';
import kafkajs from 'kafkajs';

const { KAFKA_BROKERS = 'localhost:9092', TOPIC = 'loyalty.points.events', FILE = 'consumer.db' } = process.env;
const db = new DatabaseSync(FILE, { timeout: 5_000 });
db.exec('CREATE TABLE IF NOT EXISTS happened (id TEXT PRIMARY KEY, type TEXT, member TEXT, data TEXT)');
db.exec('CREATE TABLE IF NOT EXISTS read_to (partition INTEGER PRIMARY KEY, position INTEGER)');

function take(partition, { id, type, subject, data, ...event }) {
  const position = Number(event.position);
  const last = db.prepare('SELECT position FROM read_to WHERE partition = ?').get(partition)?.position ?? 0;
  if (position <= last) return; // there twice
  if (position > last + 1) throw new Error(`partition ${partition}: ${position} after ${last}, something is missing`);
  db.prepare('INSERT OR IGNORE INTO happened VALUES (?, ?, ?, ?)').run(id, type, subject, JSON.stringify(data));
  db.prepare('INSERT OR REPLACE INTO read_to VALUES (?, ?)').run(partition, position);
}

const kafka = new kafkajs.Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.ERROR });
const consumer = kafka.consumer({ groupId: 'crm', sessionTimeout: 10_000 });
await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    db.exec('BEGIN IMMEDIATE'); // what you do and how far you have read: both or neither
    try {
      take(partition, JSON.parse(message.value));
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  },
});
