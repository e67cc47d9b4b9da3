import { transaction } from '@loyalty/database';
import { fakeClock, testDatabase, type TestDatabase } from '@loyalty/testing';
import { balancedPostings } from './balanced-postings.ts';
import { pointsChecks } from './checks.ts';
import { checksumRows } from './checksum-rows.ts';
import { instantOf, rating, returning } from './core/scenario.fixture.ts';
import type { PointsInput } from './core/input.ts';
import { readIntegrity } from './integrity.ts';
import { installForTests, learnPrograms, tell } from './points.fixture.ts';
import { adjustWork, openLotWork, redeemWork } from './points-work.ts';
import { createPointsWriter, type PointsWriter } from './points-writer.ts';
import { sweep } from './sweep.ts';

const DAY_MS = 86_400_000;
const now = instantOf('2026-03-01');
const clock = fakeClock(now);
let database: TestDatabase;
let writer: PointsWriter;

beforeEach(async () => {
  clock.set(now);
  database = await testDatabase({ name: 'points', prepare: installForTests });
  writer = createPointsWriter(database.pool, { clock: clock.micros, validate: true });
});
afterEach(async () => {
  await writer.close();
  await database.close();
});

const rows = async (at: number | string) => {
  const lines: string[] = [];
  for await (const line of checksumRows(database.pool, instantOf(at))) lines.push(line.replaceAll('\x1f', ' '));
  return lines;
};
const INSTANTS = [
  '2025-12-31',
  '2026-01-01',
  '2026-01-05',
  '2026-01-12',
  '2026-02-01',
  '2026-03-01',
  '2026-04-01',
  '2027-06-01',
];
const everywhere = () => Promise.all(INSTANTS.map(rows));
const expiring = (day: string) => ({ activeFrom: '2026-01-04T00:00:00.000Z', expiresAt: `${day}T00:00:00.000Z` });

/** Facts of three members: plain, one that came to owe, one whose return was rated before its purchase. */
const facts: [string, PointsInput][] = [
  ['m-plain', rating('p1', '2026-01-01', 100, expiring('2026-03-20'))],
  ['m-plain', rating('p2', '2026-01-02', 40)],
  ['m-plain', returning('x1', '2026-01-10', { p1: 30 })],
  ['m-owing', rating('p3', '2026-01-01', 100, expiring('2026-03-15'))],
  ['m-owing', returning('x2', '2026-01-10', { p3: 100 })],
  ['m-owing', rating('p4', '2026-02-20', 35, { activeFrom: '2026-03-20T00:00:00.000Z' })],
  ['m-odd', returning('x3', '2026-01-10', { p5: 10 })],
  ['m-odd', rating('p5', '2026-01-03', 60)],
];

async function decisions(): Promise<void> {
  const open = { program: 'club', points: 80, reference: 'old-1', earnedAt: now, activeFrom: now, expiresAt: null };
  await learnPrograms(writer, 'club');
  await writer.execute(openLotWork('m-owing', open));
  await writer.execute(redeemWork('m-owing', 'r-1', { points: 50 }));
  await writer.execute(adjustWork('m-owing', 'a-1', { points: -10, reason: 'x' }));
}

it('tells where the points of every lot stand, a line a lot', async () => {
  for (const [member, fact] of facts) await tell(writer, member, fact);
  expect(await rows('2026-01-12')).toEqual([
    `m-odd club shop/p5 ${instantOf('2026-01-03')} - 60 0 0 50 0 0 0 10 0 0`,
    `m-owing club shop/p3 ${instantOf('2026-01-04')} ${instantOf('2026-03-15')} 100 0 0 0 0 0 0 100 0 0`,
    `m-plain club shop/p1 ${instantOf('2026-01-04')} ${instantOf('2026-03-20')} 100 0 0 70 0 0 0 30 0 0`,
    `m-plain club shop/p2 ${instantOf('2026-01-02')} - 40 0 0 40 0 0 0 0 0 0`,
  ]);
  expect((await rows('2026-01-01')).map((line) => line.split(' ')[2])).toEqual(['shop/p3', 'shop/p1']);
});

it('is the same for any order of the facts, at any instant', async () => {
  for (const [member, fact] of facts) await tell(writer, member, fact);
  const inOrder = await everywhere();
  const other = await testDatabase({ name: 'points', prepare: installForTests });
  const second = createPointsWriter(other.pool, { clock: clock.micros, validate: true });
  for (const [member, fact] of facts.toReversed()) await tell(second, member, fact);
  const first = database;
  database = other;
  const backwards = await everywhere();
  database = first;
  await second.close();
  await other.close();
  expect(backwards).toEqual(inOrder);
});

it('is the same before and after the sweeper ran, and so are the sums', async () => {
  const debt = facts.filter(([member, fact]) => member !== 'm-owing' || fact.kind === 'rate');
  for (const [member, fact] of debt) await tell(writer, member, fact);
  await decisions();
  await tell(writer, 'm-owing', returning('x2', '2026-01-10', { p3: 100 }));
  clock.advance(30 * DAY_MS);
  const integrity = () =>
    Promise.all(INSTANTS.map((at) => readIntegrity(database.pool, instantOf(at)).then(({ sums }) => sums)));
  const before = [await everywhere(), await integrity()];
  const { members } = await sweep(database.pool, writer, clock.now());
  expect(members).toBeGreaterThan(1);
  expect([await everywhere(), await integrity()]).toEqual(before);
});

it('says of a wallet without debts what working out its entries says', async () => {
  for (const [member, fact] of facts) await tell(writer, member, fact);
  await decisions();
  clock.advance(30 * DAY_MS);
  const fast = await everywhere();
  await database.pool.query('UPDATE points.wallets SET tangled = true');
  expect(await everywhere()).toEqual(fast);
});

it('leaves its connection usable when the reader stops early', async () => {
  for (const [member, fact] of facts) await tell(writer, member, fact);
  for await (const line of checksumRows(database.pool, now)) {
    expect(line).toContain('m-odd');
    break;
  }
  await transaction(database.pool, async (tx) => tx.query('SELECT 1'));
});

describe('the proofs', () => {
  const prove = async (): Promise<string[]> => {
    const { rows } = await database.pool.query<{ data: string }>('SELECT data FROM points.events');
    const odd = rows.map(({ data }) => balancedPostings.look(Buffer.from(data), 0, Buffer.byteLength(data)));
    const checks = await Promise.all(pointsChecks.map((check) => check.run(database.pool, now)));
    return [...odd.filter((each) => each !== undefined), ...checks.flatMap(({ problems }) => problems)];
  };
  beforeEach(async () => {
    for (const [member, fact] of facts) await tell(writer, member, fact);
    await decisions();
    await sweep(database.pool, writer, clock.now());
  });

  it('hold', async () => {
    expect(await prove()).toEqual([]);
    for (const check of pointsChecks) expect((await check.run(database.pool, now)).checked).toBeGreaterThan(2);
  });

  it.each([
    [
      "UPDATE points.lots SET held = held - 1, spent = spent + 1 WHERE lot = 'shop/p2'",
      'lot shop/p2 of m-plain in club is not what its postings say',
    ],
    [
      "UPDATE points.lots SET expires_at = '2030-01-01' WHERE lot = 'shop/p2'",
      'lot shop/p2 of m-plain in club has not the dates its last rating gave it',
    ],
    ["DELETE FROM points.wallets WHERE member = 'm-odd'", 'the wallet of m-odd in club is not what its postings say'],
  ])('tell of a row that was tampered with: %s', async (sql, problem) => {
    await database.pool.query(sql);
    expect(await prove()).toContain(problem);
  });

  it('tell of an event that makes points out of nothing', async () => {
    await database.pool.query(`ALTER TABLE points.events DISABLE TRIGGER ALL`);
    await database.pool
      .query(`INSERT INTO points.events (shard, position, id, type, subject, time, recorded, data, hash)
      SELECT shard, 1000, gen_random_uuid(), type, subject, time, recorded, replace(data, '"points":-40', '"points":-41'), hash FROM points.events
      WHERE type = 'points.earned.v1' AND data LIKE '%shop/p2%'`);
    expect((await prove()).join('\n')).toContain('moves -1 points of lot shop/p2 out of nothing');
    expect((await prove()).join('\n')).toContain('all members in club: issued');
  });
});

describe('points that expire by inactivity', () => {
  const inactivity = { after: 'P1M', timeZone: 'Europe/London' };
  const idling = (id: string, at: string, points = 100) => rating(id, at, points, { inactivity });

  beforeEach(async () => {
    await tell(writer, 'm-idle', idling('i1', '2026-02-20'));
    await tell(writer, 'm-idle', idling('i2', '2026-02-25', 40));
    await tell(writer, 'm-idle', redeem());
  });
  const redeem = (): PointsInput => ({ kind: 'redeem', id: 'r-9', points: 10 });

  it('are gone in the sums and lines with their time, and the sweeper writes it once', async () => {
    clock.advance(31 * DAY_MS);
    const before = [await everywhere(), await readIntegrity(database.pool, clock.now())];
    expect((await rows(clock.now())).map((line) => line.split(' ').slice(2))).toEqual([
      [
        'shop/i1',
        `${instantOf('2026-02-20')}`,
        `${instantOf('2026-04-01') - 3_600_000}`,
        ...'100 0 0 0 0 10 90 0 0 0'.split(' '),
      ],
      [
        'shop/i2',
        `${instantOf('2026-02-25')}`,
        `${instantOf('2026-04-01') - 3_600_000}`,
        ...'40 0 0 0 0 0 40 0 0 0'.split(' '),
      ],
    ]);
    expect(await sweep(database.pool, writer, clock.now())).toEqual({ members: 1 });
    expect(await sweep(database.pool, writer, clock.now())).toEqual({ members: 0 });
    expect(await everywhere()).toEqual(before[0]);
    expect((await readIntegrity(database.pool, clock.now())).sums).toEqual((before[1] as { sums: unknown }).sums);
    const checks = await Promise.all(pointsChecks.map((check) => check.run(database.pool, clock.now())));
    expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
  });

  it('come back when a late purchase had kept them', async () => {
    clock.advance(40 * DAY_MS);
    await sweep(database.pool, writer, clock.now());
    await tell(writer, 'm-idle', idling('i3', '2026-03-30', 1));
    const held = await database.pool.query("SELECT held FROM points.wallets WHERE member = 'm-idle'");
    expect(held.rows).toEqual([{ held: 131 }]);
  });
});
