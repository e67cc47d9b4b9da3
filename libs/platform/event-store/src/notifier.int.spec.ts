import { once } from 'node:events';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import pg from 'pg';
import { accountDecider, accountTemplate } from './account.fixture.ts';
import { commitChannel, senderOf } from './notifier.ts';
import { createWriter } from './writer.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase(accountTemplate());
});
afterAll(() => database.close());

test('other processes hear of commits, of many at once, and who told them', async () => {
  const { pool, url } = database;
  const listener = new pg.Client({ connectionString: url });
  await listener.connect();
  const heard: (string | undefined)[] = [];
  listener.on('notification', ({ payload }) => heard.push(payload));
  await listener.query(`LISTEN ${commitChannel('accounts')}`);
  const first = once(listener, 'notification');
  const writer = createWriter({ pool, schema: 'accounts', service: 'accounts', decider: accountDecider('accounts') });
  const started = performance.now();
  for (let n = 0; n < 100; n++) await writer.execute({ subject: 'ann', input: { kind: 'deposit', amount: 1 } });
  const tens = Math.ceil((performance.now() - started) / 10);
  await first;
  await writer.close();
  await listener.end();
  expect(new Set(heard)).toEqual(new Set([senderOf(pool)]));
  expect(heard.length).toBeLessThanOrEqual(tens + 2);
});

test('a writer may be told to keep quiet', async () => {
  const { pool, url } = database;
  const listener = new pg.Client({ connectionString: url });
  await listener.connect();
  let heard = 0;
  listener.on('notification', () => heard++);
  await listener.query(`LISTEN ${commitChannel('accounts')}`);
  const quiet = createWriter({
    pool,
    schema: 'accounts',
    service: 'accounts',
    decider: accountDecider('accounts'),
    notify: false,
  });
  await quiet.execute({ subject: 'ann', input: { kind: 'deposit', amount: 1 } });
  await quiet.close();
  await listener.query('SELECT 1');
  expect(heard).toBe(0);
  await listener.end();
});
