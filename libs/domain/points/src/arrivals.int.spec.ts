import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { readTransfers, transfersArrived } from './arrivals.ts';
import { Courier } from './courier.ts';
import { rating } from './core/scenario.fixture.ts';
import { installForTests, tell } from './points.fixture.ts';
import { sendWork } from './points-work.ts';
import { createPointsWriter, type PointsWriter } from './points-writer.ts';

let database: TestDatabase;
let writer: PointsWriter;
let courier: Courier;

beforeAll(async () => {
  database = await testDatabase({ name: 'points', prepare: installForTests });
  writer = createPointsWriter(database.pool, { validate: true });
  courier = new Courier(database.pool, writer);
});
afterAll(async () => {
  await writer.close();
  await database.close();
});

let transfers = 0;
/** As a process does that dies before it delivers. */
async function send(from: string, to: string, points: number): Promise<number> {
  const outcome = await writer.execute(sendWork(from, `t-${++transfers}`, { points, to, program: 'club' }));
  if (outcome.kind !== 'accepted' || !outcome.position) throw new Error(`sending was ${outcome.kind}`);
  return outcome.position.shard;
}

async function received(member: string): Promise<number> {
  const { rows } = await database.pool.query<{ points: number }>(
    'SELECT coalesce(sum(-received), 0)::int AS points FROM points.wallets WHERE member = $1',
    [member],
  );
  return rows[0]!.points;
}

it('ends at once where nothing is under way, and else when all of it has arrived', async () => {
  await transfersArrived(database.pool, courier);
  for (const member of ['m-1', 'm-2', 'm-3']) {
    await tell(writer, member, rating(`p-${member}`, '2026-01-01', 100));
    await send(member, 'm-heir', 10);
  }
  expect((await readTransfers(database.pool)).reduce((sum, { underWay }) => sum + underWay, 0)).toBe(3);
  await transfersArrived(database.pool, courier);
  expect(await received('m-heir')).toBe(30);
  expect((await readTransfers(database.pool)).every(({ underWay, last }) => underWay === 0 && last === 0)).toBe(true);
});

it('gives up when nothing arrives for so long, and says where and how many', async () => {
  const shard = await send('m-1', 'm-heir', 10);
  const held = await database.pool.connect();
  try {
    await held.query('BEGIN');
    await held.query('SELECT FROM points.checkpoints WHERE shard = $1 FOR UPDATE', [shard]);
    await expect(transfersArrived(database.pool, courier, { stalledMs: 300 })).rejects.toMatchObject({
      name: 'StalledError',
      message: expect.stringMatching(
        new RegExp(`^what members sent has not arrived for 0 s, shards ${shard} \\(1 under way\\)`),
      ),
    });
    expect(await received('m-heir')).toBe(30);
  } finally {
    await held.query('ROLLBACK');
    held.release();
  }
  await transfersArrived(database.pool, courier);
  expect(await received('m-heir')).toBe(40);
});

it('says what the courier failed of', async () => {
  await send('m-1', 'm-heir', 10);
  const broken = {
    deliverAll: () => new Courier(database.pool, { react: () => Promise.reject(new Error('ill')) }).deliverAll(),
  };
  await expect(transfersArrived(database.pool, broken, { stalledMs: 2_000 })).rejects.toThrow(/\(1 under way\): ill$/);
});
