import type { EventLogTransport, SourceLog } from '@loyalty/event-log';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { startReceiver, type Receiver } from './receiver.fixture.ts';
import { Sender } from './send.ts';
import { createWebhook } from './webhook-store.ts';
import { WebhookFollower } from './webhook-follower.ts';
import { eventually, heard, installForTests } from './webhooks.fixture.ts';

let database: TestDatabase;
let receiver: Receiver;
let follower: WebhookFollower;

beforeEach(async () => {
  database = await testDatabase({ name: 'webhooks', prepare: installForTests });
  receiver = await startReceiver();
});
afterEach(async () => {
  await follower.close();
  await receiver.close();
  await database.close();
});

/** Of a broker that is not there nothing comes, and whoever asks it hears so. */
async function start(): Promise<void> {
  const nobody: EventLogTransport = { follow: async () => ({ close: async () => undefined }) };
  const refused = () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
  const sourceLog: SourceLog = {
    shards: refused,
    ends: refused,
    heads: refused,
    read: refused,
    positionsBefore: refused,
  };
  const sender = new Sender({ privateTargets: true });
  follower = new WebhookFollower(database.pool, sender, { poll_ms: 10, logger: { ...heard, warn: () => undefined } });
  const places = follower.sources.map((source) => {
    return { schema: 'webhooks', consumer: 'webhooks', source, sourceLog, shards: 2 };
  });
  await follower.start(nobody, places);
}

it('what was queued is sent while the broker is away, and what has to be caught up with waits and says why', async () => {
  const { pool } = database;
  await createWebhook(pool, { id: 'crm', url: receiver.url, types: ['points.*'] }, [], Date.now());
  const message = JSON.stringify({ id: '0190b2a0-0000-7000-8000-000000000001', type: 'points.earned.v1' });
  await pool.query(`INSERT INTO webhooks.lanes (webhook, subject, due) VALUES ('crm', 'm-1', now())`);
  await pool.query(
    `INSERT INTO webhooks.queue (webhook, subject, source, shard, position, message) VALUES ('crm', 'm-1', 'points', 0, 7, $1)`,
    [message],
  );
  await pool.query(`INSERT INTO webhooks.cursors VALUES ('crm', 'points', 1, 3)`);
  await start();
  expect((await receiver.received(1))[0]?.body).toBe(message);
  expect(await eventually(async () => follower.waiting ?? undefined)).toContain('ECONNREFUSED');
  expect(follower.troubles).toEqual([]);
});
