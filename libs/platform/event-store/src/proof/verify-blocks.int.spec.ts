import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { accountTemplate } from '../account.fixture.ts';
import { GENESIS, linkHash } from '../chain.ts';
import { readShard } from '../read.ts';
import { verifyChain, type ChainResult } from '../verify-chain.ts';
import { closeBlocks } from './close-blocks.ts';
import { treeAnchors } from './make-receipt.ts';
import { deposit, inBackdoor, SCHEMA } from './proof.fixture.ts';

/** What somebody with every right in the database can do to blocks and events, and which check finds it where. */
const BLOCK = 8;
const EVENTS = 60;
const CLOSED = 7;
let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase(accountTemplate({ shards: 1, block: BLOCK }));
  await deposit(database.pool, EVENTS);
  await closeBlocks(database.pool, SCHEMA);
});
afterEach(() => database.close());

const verify = (from = 0): Promise<ChainResult> =>
  verifyChain(database.pool, { schema: SCHEMA, service: SCHEMA, shard: 0, from });
const tamper = (sql: string): Promise<void> => inBackdoor(database.pool, sql);

/** The chain written again from a position on, head and all: in itself without fault. */
async function rechain(): Promise<void> {
  let previous: Uint8Array = GENESIS;
  for (const event of await readShard(database.pool, SCHEMA, { service: SCHEMA, shard: 0, after: 0, limit: 1000 })) {
    const id = Buffer.from(event.id.replaceAll('-', ''), 'hex');
    const hash = linkHash(previous, { ...event, service: SCHEMA, id });
    previous = Buffer.from(hash, 'hex');
    await tamper(`UPDATE ${SCHEMA}.events SET hash = '\\x${hash}' WHERE position = ${event.position};
      UPDATE ${SCHEMA}.heads SET hash = '\\x${hash}' WHERE position = ${event.position}`);
  }
}

test('all blocks of an untouched log agree, from wherever it is walked', async () => {
  expect(await verify()).toMatchObject({ ok: true, checked: EVENTS, blocks: CLOSED });
  expect(await verify(16)).toMatchObject({ ok: true, checked: 44, blocks: 5 });
  expect(await verify(17)).toMatchObject({ ok: true, checked: 43, blocks: 4 });
  expect(await verify(59)).toMatchObject({ ok: true, checked: 1, blocks: 0 });
});

test.each([
  ['a flipped byte', `UPDATE accounts.events SET data = replace(data, '21', '22') WHERE position = 21`, 'altered', 21],
  ['a removed event', 'DELETE FROM accounts.events WHERE position = 21', 'missing', 21],
  [
    'two events that changed places',
    `UPDATE accounts.events SET position = 99 WHERE position = 21; UPDATE accounts.events SET position = 21 WHERE position = 22;
     UPDATE accounts.events SET position = 22 WHERE position = 99`,
    'altered',
    21,
  ],
  [
    'a root that was changed',
    `UPDATE accounts.blocks SET nodes = set_byte(nodes, 3, get_byte(nodes, 3) # 1) WHERE number = 3`,
    'block',
    17,
  ],
  [
    'a node above a root that was changed',
    `UPDATE accounts.blocks SET nodes = set_byte(nodes, 40, get_byte(nodes, 40) # 1) WHERE number = 4`,
    'block',
    25,
  ],
  ['a block that was removed', 'DELETE FROM accounts.blocks WHERE number = 2', 'block', 9],
  [
    'two blocks that changed places',
    `UPDATE accounts.blocks SET number = 99 WHERE number = 2; UPDATE accounts.blocks SET number = 2 WHERE number = 3;
     UPDATE accounts.blocks SET number = 3 WHERE number = 99`,
    'block',
    9,
  ],
  [
    'a block that nobody closed',
    `INSERT INTO accounts.blocks (shard, number, nodes) VALUES (0, 8, sha256('x'))`,
    'block',
    EVENTS + 1,
  ],
])('%s is found where it is', async (_, sql, kind, position) => {
  await tamper(sql);
  expect(await verify()).toMatchObject({ ok: false, problem: { kind, shard: 0, position } });
});

test('events that were written again, chain and head to match, are found by the block that was closed over them', async () => {
  await tamper(`UPDATE accounts.events SET data = replace(data, '21', '22') WHERE position = 21`);
  await rechain();
  expect(await verify()).toMatchObject({
    ok: false,
    checked: 24,
    blocks: 2,
    problem: { kind: 'block', position: 17, message: expect.stringMatching(/block 3 \(positions 17 to 24\)/) },
  });
});

test('an end that was cut off, head to match, is found by the blocks that were closed over it', async () => {
  await tamper(`DELETE FROM accounts.events WHERE position > 50;
    UPDATE accounts.heads SET position = 50, hash = (SELECT hash FROM accounts.events WHERE position = 50)`);
  expect(await verify()).toMatchObject({ ok: false, problem: { kind: 'block', position: 51 } });
});

test('when the blocks are made again as well, only an anchor kept elsewhere tells', async () => {
  const anchors = await treeAnchors(database.pool, SCHEMA, SCHEMA);
  await tamper(
    `UPDATE accounts.events SET data = replace(data, '21', '22') WHERE position = 21; DELETE FROM accounts.blocks`,
  );
  await rechain();
  await closeBlocks(database.pool, SCHEMA);
  expect(await verify()).toMatchObject({ ok: true, blocks: CLOSED });
  const anchored = await verifyChain(database.pool, { schema: SCHEMA, service: SCHEMA, shard: 0, anchors });
  expect(anchored).toMatchObject({ ok: false, problem: { kind: 'anchor', position: EVENTS } });
  expect(await treeAnchors(database.pool, SCHEMA, SCHEMA)).not.toEqual(anchors);
});
