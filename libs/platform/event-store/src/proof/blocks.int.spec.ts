import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { accountTemplate } from '../account.fixture.ts';
import { BlockMaker } from './block-maker.ts';
import { closeBlocks } from './close-blocks.ts';
import { BlocksBehindError, LogTree } from './log-tree.ts';
import { naivePath, naiveRoot } from './naive-tree.fixture.ts';
import { deposit, hashesOf, inBackdoor, SCHEMA } from './proof.fixture.ts';

const BLOCK = 4;
let database: TestDatabase;
beforeEach(async () => void (database = await testDatabase(accountTemplate({ shards: 1, block: BLOCK }))));
afterEach(() => database.close());

async function closeAll(): Promise<number> {
  let all = 0;
  for (let closed = -1; closed !== 0; all += closed) ({ closed } = await closeBlocks(database.pool, SCHEMA));
  return all;
}

async function stored(): Promise<string[][]> {
  const { rows } = await database.pool.query<{ nodes: Buffer }>(`SELECT nodes FROM ${SCHEMA}.blocks ORDER BY number`);
  return rows.map(({ nodes }) => nodes.toString('hex').match(/.{64}/g) ?? []);
}

const treeOver = (size: number): Promise<LogTree> =>
  LogTree.open(database.pool, { schema: SCHEMA, shard: 0, block: BLOCK, size });

test('a block holds the nodes of the RFC’s tree that it completes', async () => {
  await deposit(database.pool, 27);
  expect(await closeAll()).toBe(6);
  const hashes = await hashesOf(database.pool);
  const root = (from: number, blocks: number): string =>
    naiveRoot(hashes.slice(from * BLOCK, (from + blocks) * BLOCK)).toString('hex');
  expect(await stored()).toEqual([
    [root(0, 1)],
    [root(1, 1), root(0, 2)],
    [root(2, 1)],
    [root(3, 1), root(2, 2), root(0, 4)],
    [root(4, 1)],
    [root(5, 1), root(4, 2)],
  ]);
});

test('blocks are the same however often and by however many they are closed', async () => {
  await deposit(database.pool, 150);
  await Promise.all([closeAll(), closeAll(), closeAll()]);
  await closeAll();
  await deposit(database.pool, 53);
  await closeAll();
  const inSteps = await stored();
  expect(inSteps).toHaveLength(50);
  await inBackdoor(database.pool, `DELETE FROM ${SCHEMA}.blocks WHERE number > 7`);
  expect(await closeAll()).toBe(43);
  expect(await stored()).toEqual(inSteps);
});

test('a root and a path cost no more than the log’s tree has, at every size and every place', async () => {
  await deposit(database.pool, 45);
  const hashes = await hashesOf(database.pool);
  // None closed, some closed, all closed: the same tree.
  for (const kept of [0, 3, 6, 11]) {
    await closeAll();
    await inBackdoor(database.pool, `DELETE FROM ${SCHEMA}.blocks WHERE number > ${kept}`);
    for (let size = 1; size <= hashes.length; size++) {
      const tree = await treeOver(size);
      const data = hashes.slice(0, size);
      expect(await tree.root()).toEqual(naiveRoot(data));
      for (const position of new Set([1, 1 + ((size * 7) % size), Math.ceil(size / 2), size])) {
        const path = naivePath(position - 1, data).map((node) => node.toString('hex'));
        expect(await tree.path(position)).toEqual(path);
      }
    }
  }
});

test('a tree says that blocks are still being closed rather than read the log', async () => {
  await deposit(database.pool, 65 * BLOCK);
  await expect(treeOver(65 * BLOCK)).rejects.toThrow(BlocksBehindError);
  await closeBlocks(database.pool, SCHEMA);
  expect((await treeOver(65 * BLOCK)).size).toBe(65 * BLOCK);
});

test('a gap stops its shard, and says where', async () => {
  await deposit(database.pool, 20);
  await inBackdoor(database.pool, `DELETE FROM ${SCHEMA}.events WHERE position = 7`);
  expect(await closeBlocks(database.pool, SCHEMA)).toEqual({
    closed: 0,
    left: 0,
    problems: [expect.stringMatching(/^shard 0: events are missing from block 2 \(positions 5 to 8\)/)],
  });
});

describe('in the background', () => {
  const trouble: string[] = [];
  const maker = (): BlockMaker =>
    new BlockMaker({ pool: database.pool, schema: SCHEMA, onTrouble: (message) => trouble.push(message) });

  test('it catches up with what was there, and follows what comes', async () => {
    await deposit(database.pool, 100);
    const one = maker();
    one.start();
    await one.settled();
    expect(await stored()).toHaveLength(25);
    await deposit(database.pool, 11);
    one.committed([{ shard: 0, position: 111 }]);
    await one.settled();
    expect(await stored()).toHaveLength(27);
    await one.close();
  });

  test('it leaves the work to whoever has the lock', async () => {
    await deposit(database.pool, 8);
    const other = await database.pool.connect();
    await other.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtext('${SCHEMA}.blocks'))`);
    const one = maker();
    one.start();
    await one.settled();
    expect(await stored()).toEqual([]);
    await other.query('ROLLBACK');
    other.release();
    one.committed([{ shard: 0, position: 8 }]);
    await one.settled();
    expect(await stored()).toHaveLength(2);
    await one.close();
  });

  test('it tells its trouble once, and goes on when it is over', async () => {
    await deposit(database.pool, 8);
    await database.pool.query(`ALTER TABLE ${SCHEMA}.blocks RENAME TO elsewhere`);
    const one = maker();
    one.start();
    await one.settled();
    one.committed([{ shard: 0, position: 4 }]);
    await one.settled();
    expect(trouble).toEqual([expect.stringContaining('blocks" does not exist')]);
    await database.pool.query(`ALTER TABLE ${SCHEMA}.elsewhere RENAME TO blocks`);
    one.committed([{ shard: 0, position: 8 }]);
    await one.settled();
    expect(await stored()).toHaveLength(2);
    await one.close();
  });
});
