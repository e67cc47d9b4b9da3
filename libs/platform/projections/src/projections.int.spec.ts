import { readCheckpoint, type EffectBatch } from '@loyalty/event-log';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { readShard } from '@loyalty/event-store';
import type { Pool, PoolClient } from 'pg';
import { Projections } from './projections.ts';
import { append, echoes, installShop, SHARDS } from './testing/shop.ts';
import { Turns } from './turns.ts';

const PLACE = { schema: 'watcher', consumer: 'watcher', source: 'shop' };
const START = { position: 0, hash: '' };

let database: TestDatabase;
let pool: Pool;
let transactions: number;
let projections: Projections;

beforeEach(async () => {
  database = await testDatabase();
  ({ pool } = database);
  await installShop(pool);
  transactions = 0;
});
afterEach(() => database.close());

/** What waits for the one transaction at a time. */
function open(table: string | null): void {
  const connect = (): Promise<PoolClient> => {
    transactions++;
    return pool.connect();
  };
  const counting = { connect, query: pool.query.bind(pool) } as unknown as Pool;
  projections = new Projections(counting, PLACE, [echoes], table, new Turns(1));
}

/** A batch of each shard: its members' gains. */
async function batches(): Promise<EffectBatch[]> {
  const made: EffectBatch[] = [];
  for (let shard = 0; shard < SHARDS; shard++) {
    await append(
      pool,
      shard,
      [1, 2, 3].map((points) => ({ member: `m${shard}`, points })),
    );
    const events = await readShard(pool, 'shop', { service: 'shop', shard, after: 0, limit: 10 });
    made.push({ shard, from: START, events });
  }
  return made;
}

const applied = async (): Promise<unknown[]> =>
  (await pool.query('SELECT shard, points::int, latest::int FROM watcher.echoes ORDER BY shard')).rows;
const all = Array.from({ length: SHARDS }, (_, shard) => ({ shard, points: 6, latest: 3 }));

describe.each([
  ['that travel', null],
  ['that the database reads itself', 'shop.events'],
])('projections of events %s', (_, table) => {
  beforeEach(() => open(table));

  it('apply what waits of all shards in one transaction, and move each checkpoint', async () => {
    const given = await batches();
    const ends = await Promise.all(given.map((batch) => projections.apply(batch)));
    expect(transactions).toBe(1);
    expect(await applied()).toEqual(all);
    expect(ends.map(({ position }) => position)).toEqual(all.map(() => 3));
    for (const { shard } of all) {
      expect(await readCheckpoint(pool, { ...PLACE, shard })).toEqual(ends[shard]);
    }
  });

  it('stop only the shard whose checkpoint was moved by another', async () => {
    const given = await batches();
    await pool.query(
      "INSERT INTO watcher.checkpoints (consumer, source, shard, position, hash) VALUES ('watcher', 'shop', 2, 1, sha256('x'))",
    );
    const ends = await Promise.allSettled(given.map((batch) => projections.apply(batch)));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(ends[2]).toMatchObject({
      reason: { name: 'CheckpointMovedError', message: 'watcher is at position 1 of shop, shard 2, not at 0' },
    });
    expect(await applied()).toEqual(all.filter(({ shard }) => shard !== 2));
  });

  it('stop only the shard whose events a model cannot take, and leave no trace of them', async () => {
    const given = await batches();
    await pool.query("ALTER TABLE watcher.echoes ADD CONSTRAINT none_of_these CHECK (member <> 'm1')");
    const ends = await Promise.allSettled(given.map((batch) => projections.apply(batch)));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(ends[1]).toMatchObject({ reason: { message: expect.stringContaining('none_of_these') } });
    expect(await applied()).toEqual(all.filter(({ shard }) => shard !== 1));
    expect(await readCheckpoint(pool, { ...PLACE, shard: 1 })).toEqual(START);
  });

  it('refuse a batch that was applied before', async () => {
    const [first] = (await batches()) as [EffectBatch];
    await projections.apply(first);
    await expect(projections.apply(first)).rejects.toThrow('watcher is at position 3 of shop, shard 0, not at 0');
    expect(await applied()).toEqual(all.slice(0, 1));
  });
});
