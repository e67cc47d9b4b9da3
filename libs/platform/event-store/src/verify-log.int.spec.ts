import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { accountTemplate } from './account.fixture.ts';
import { thirteens } from './odd-amounts.fixture.ts';
import { closeBlocks } from './proof/close-blocks.ts';
import { deposit, inBackdoor, SCHEMA } from './proof/proof.fixture.ts';
import type { ChainResult } from './verify-chain.ts';
import { verifyLog, type LogChainOptions } from './verify-log.ts';

const EVENTS = 300;
let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase(accountTemplate({ shards: 4, block: 16 }));
  await deposit(database.pool, EVENTS);
  await closeBlocks(database.pool, SCHEMA);
});
afterEach(() => database.close());

const verify = (options: Partial<LogChainOptions> = {}): Promise<ChainResult[]> =>
  verifyLog(database.pool, { schema: SCHEMA, service: SCHEMA, eventCheck: thirteens, ...options });
const inThreads = (options: Partial<LogChainOptions> = {}): Promise<ChainResult[]> =>
  verify({ url: database.url, threadsFrom: 0, ...options });

test('threads find what this thread finds, and an event check looks at every event on the way', async () => {
  const here = await verify();
  expect(here.map(({ shard, ok }) => [shard, ok])).toEqual([0, 1, 2, 3].map((shard) => [shard, true]));
  expect(here.reduce((sum, { checked }) => sum + checked, 0)).toBe(EVENTS);
  expect(here.flatMap(({ odd }) => odd.map(({ message }) => message))).toEqual(['is of 13']);
  expect(await inThreads()).toEqual(here);
  await inBackdoor(database.pool, `DELETE FROM ${SCHEMA}.events WHERE shard = 1 AND position = 20`);
  const broken = await inThreads();
  expect(broken).toEqual(await verify());
  expect(broken[1]).toMatchObject({ ok: false, problem: { kind: 'missing', shard: 1, position: 20 } });
});

test('threads tell how far they have come', async () => {
  const seen: number[] = [];
  await inThreads({ onProgress: (checked) => seen.push(checked) });
  expect(seen.at(-1)).toBe(EVENTS);
});

test('a thread that fails fails the verification, and none is left running', async () => {
  const nowhere = Object.assign(new URL(database.url), { pathname: '/no_such_database' }).href;
  await expect(inThreads({ url: nowhere })).rejects.toThrow('no_such_database');
  await expect(inThreads({ eventCheck: { ...thirteens, name: 'another' } })).rejects.toThrow(
    'no event check named another',
  );
});
