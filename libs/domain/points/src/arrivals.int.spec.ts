import { listParked, retryParked } from '@loyalty/event-log';
import { PoisonError } from '@loyalty/event-store';
import { DEFAULT_SHARDS, shardOf } from '@loyalty/kernel';
import { Logger } from '@nestjs/common';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { arrivalChecks } from './arrival-checks.ts';
import { readTransfers, transfersArrived } from './arrivals.ts';
import { pointsChecks } from './checks.ts';
import { arrivals, Courier, TRANSFERS } from './courier.ts';
import { rating } from './core/scenario.fixture.ts';
import { crowdedRooms } from './crowded-rooms.ts';
import { installForTests, tell } from './points.fixture.ts';
import { sendWork } from './points-work.ts';
import { createPointsWriter, type PointsWriter } from './points-writer.ts';

// What is parked is logged as an error.
Logger.overrideLogger(false);

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
  const rounds: Promise<void>[] = [];
  const followed = {
    deliverAll(): Promise<void> {
      const round = courier.deliverAll();
      rounds.push(round);
      return round;
    },
  };
  const held = await database.pool.connect();
  try {
    await held.query('BEGIN');
    await held.query('SELECT FROM points.checkpoints WHERE shard = $1 FOR UPDATE', [shard]);
    await expect(transfersArrived(database.pool, followed, { stalledMs: 300 })).rejects.toMatchObject({
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
  await transfersArrived(database.pool, followed);
  expect(await received('m-heir')).toBe(40);
  // Whoever gave up left one under way, which must not deliver what the next test sends.
  await Promise.allSettled(rounds);
});

it('says what the courier failed of', async () => {
  await send('m-1', 'm-heir', 10);
  const broken = {
    deliverAll: () => new Courier(database.pool, { react: () => Promise.reject(new Error('ill')) }).deliverAll(),
  };
  await expect(transfersArrived(database.pool, broken, { stalledMs: 2_000 })).rejects.toThrow(/\(1 under way\): ill$/);
});

describe('a transfer that its receiver’s wallet has no room for', () => {
  const MOST = Number.MAX_SAFE_INTEGER;
  const parked = () => listParked(database.pool, 'points', { consumer: 'transfers' });
  const problems = async () => (await arrivalChecks[0]!.run(database.pool, Date.now())).problems;
  const retry = () => retryParked({ pool: database.pool, ...TRANSFERS, handlers: arrivals, writer });
  let shard: number;
  /** Two members of one shard. */
  const [first, second] = Array.from({ length: 50 }, (_, i) => `m-giver-${i}`).filter(
    (member) => shardOf(member, DEFAULT_SHARDS) === 3,
  ) as [string, string];

  it('is parked alone: what else the shard sent arrives, before it and behind it', async () => {
    await tell(writer, 'm-full', rating('full', '2026-01-01', MOST));
    for (const member of [first, second]) await tell(writer, member, rating(`p-${member}`, '2026-01-01', 100));
    await send(second, 'm-lucky', 1);
    shard = await send(first, 'm-full', 10);
    await send(second, 'm-lucky', 2);
    await send(first, 'm-lucky', 4);
    await transfersArrived(database.pool, courier);
    expect([await received('m-lucky'), await received('m-full')]).toEqual([7, 0]);
    expect(await parked()).toMatchObject([
      { source: 'points', shard, subject: first, attempts: 1, reason: expect.stringContaining('too_many_points') },
    ]);
    expect((await readTransfers(database.pool))[shard]).toMatchObject({ underWay: 0, parked: 1 });
    expect(await problems()).toEqual([
      expect.stringMatching(
        /^transfer 3\/\d+ of 10 points from m-giver-\d+ to m-full is parked, so they are with neither/,
      ),
    ]);
    for (const check of pointsChecks) {
      expect(await check.run(database.pool, Date.now())).toMatchObject({ ok: true, problems: [] });
    }
  });

  it('arrives once when it is tried again and there is room', async () => {
    expect(await retry()).toMatchObject({ released: 0, failed: [{ subject: first, attempts: 2 }] });
    await tell(writer, 'm-full', rating('full', '2026-01-01', MOST - 10, {}, false));
    expect(await retry()).toMatchObject({ released: 1, failed: [] });
    expect(await retry()).toMatchObject({ released: 0, failed: [] });
    await courier.deliverAll();
    expect([await received('m-full'), await parked(), await problems()]).toEqual([10, [], []]);
  });

  it('is refused at the sender where that is known, and by key once and for all', async () => {
    const rooms = await crowdedRooms(database.pool, 'm-full');
    expect(rooms).toEqual({ club: 0 });
    expect(await crowdedRooms(database.pool, first)).toEqual({});
    const asked = sendWork(second, 'late', { points: 1, to: 'm-full' }, rooms);
    const refusal = { code: 'receiver_full', pointer: '/points' };
    expect(await writer.execute(asked)).toMatchObject({ kind: 'refused', refusal });
    const again = sendWork(second, 'late', { points: 1, to: 'm-full' });
    expect(await writer.execute(again)).toMatchObject({ kind: 'refused', replayed: true, refusal });
  });

  it('is not parked with everybody’s where the code is at fault', async () => {
    for (let n = 0; n < 22; n++) await send(first, `m-any-${n}`, 1);
    const poison = (position: number) => new PoisonError(position, new Error('ill'));
    const ill = new Courier(database.pool, { react: ({ work }) => Promise.reject(poison(work[0]!.position!)) });
    await expect(ill.deliver(shard)).rejects.toThrow(
      /^more than 20 transfers of shard 3 failed at once; .*: Error: ill$/,
    );
    expect(await parked()).toHaveLength(20);
    await courier.deliverAll();
    expect(await retry()).toMatchObject({ released: 20, failed: [] });
    expect(await problems()).toEqual([]);
  });
});
