import { readHeads } from '@loyalty/event-store';
import { statementOf } from '@loyalty/projections';
import { fakeClock, testDatabase, type TestDatabase } from '@loyalty/testing';
import { instantOf, rating, returning } from './core/scenario.fixture.ts';
import { Courier } from './courier.ts';
import { installForTests, learnPrograms, tell } from './points.fixture.ts';
import {
  accountWork,
  adjustWork,
  captureWork,
  openLotWork,
  redeemWork,
  reserveWork,
  sendWork,
  undoWork,
  voidWork,
} from './points-work.ts';
import { createPointsWriter, type PointsWriter } from './points-writer.ts';
import { points } from './points.ts';
import { RewardDesk } from './reward-desk.ts';
import { addCodeWork, approveWork, refuseWork } from './reward-work.ts';
import { sweep } from './sweep.ts';

const DAY_MS = 86_400_000;
const now = instantOf('2026-02-01');
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

const wallets = async () =>
  (
    await database.pool.query(
      `SELECT member, -issued AS issued, held, spent, expired, reversed, -owed AS owed FROM points.wallets ORDER BY 1`,
    )
  ).rows;
const types = async () =>
  (await database.pool.query<{ type: string }>(`SELECT type FROM points.events ORDER BY shard, position`)).rows.map(
    ({ type }) => type.split('.')[1],
  );

it('spends 100 points once when 20 tills ask for them at once', async () => {
  await tell(writer, 'm-1', rating('p1', '2026-01-01', 100));
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, n) => writer.execute(redeemWork('m-1', `r-${n}`, { program: 'club', points: 100 }))),
  );
  expect(outcomes.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
  const refusals = outcomes.flatMap((outcome) => (outcome.kind === 'refused' ? [outcome.refusal.code] : []));
  expect(refusals).toEqual(Array.from({ length: 19 }, () => 'insufficient_points'));
  expect(await wallets()).toMatchObject([{ issued: 100, held: 0, spent: 100 }]);
});

it('gives the same answer to the same key for ever, refusals included', async () => {
  await tell(writer, 'm-1', rating('p1', '2026-01-01', 100));
  const redeem = (points: number) => writer.execute(redeemWork('m-1', 'key', { points }));
  expect(await redeem(60)).toMatchObject({ answer: { spendable: 40 }, replayed: false });
  expect(await redeem(60)).toMatchObject({ answer: { spendable: 40 }, replayed: true });
  expect(await redeem(61)).toEqual({ kind: 'conflict' });
  const more = () => writer.execute(redeemWork('m-1', 'more', { points: 60 }));
  expect(await more()).toMatchObject({ kind: 'refused', replayed: false });
  await tell(writer, 'm-1', rating('p2', '2026-01-02', 100));
  expect(await more()).toMatchObject({ kind: 'refused', replayed: true });
});

it('opens the lot of a new purchase without knowing the others, and all of them once something is owed', async () => {
  await tell(writer, 'm-1', rating('p1', '2026-01-01', 100));
  await writer.execute(redeemWork('m-1', 'r', { points: 100 }));
  await tell(writer, 'm-1', returning('x', '2026-01-10', { p1: 50 }));
  // Another writer starts with no state in memory.
  clock.advance(2 * DAY_MS);
  const other = createPointsWriter(database.pool, { clock: clock.micros, validate: true });
  await tell(other, 'm-1', rating('p2', '2026-02-02', 70));
  await tell(other, 'm-2', rating('p3', '2026-02-02', 70));
  await other.close();
  expect(await wallets()).toMatchObject([
    { member: 'm-1', issued: 170, held: 20, spent: 100, reversed: 50, owed: 0 },
    { member: 'm-2', issued: 70, held: 70, owed: 0 },
  ]);
});

it('learns the terms of a program once, for adjustments in every shard', async () => {
  const terms = {
    program: 'club',
    version: 'v1',
    effectiveFrom: '2026-01-01T00:00:00.000Z',
    timeZone: 'UTC',
    expiry: { after: 'P1M' },
  };
  await writer.broadcast('program:club', [{ type: 'terms.learned.v1', time: now, data: terms }]);
  for (const member of ['m-1', 'm-2', 'm-3']) {
    const outcome = await writer.execute(adjustWork(member, `a-${member}`, { points: 50, reason: 'goodwill' }));
    expect(outcome).toMatchObject({ answer: { program: 'club', spendable: 50 } });
  }
  const { rows } = await database.pool.query(`SELECT DISTINCT expires_at FROM points.lots`);
  expect(rows).toEqual([{ expires_at: '2026-03-01 00:00:00+00' }]);
});

it('opens a balance in no program that nobody published, and then as if it had not been asked before', async () => {
  const dates = { earnedAt: now, activeFrom: now, expiresAt: null };
  const open = () => writer.execute(openLotWork('m-1', { program: 'club', points: 400, reference: 'old-1', ...dates }));
  const refused = { kind: 'refused', refusal: { code: 'unknown_program', pointer: '/program' }, replayed: false };
  expect([await open(), await open()]).toMatchObject([refused, refused]);
  await learnPrograms(writer, 'club');
  expect(await open()).toMatchObject({ kind: 'accepted', replayed: false });
});

it('opens a balance once by its reference', async () => {
  await learnPrograms(writer, 'club');
  const open = { program: 'club', points: 400, reference: 'old-1', earnedAt: now, activeFrom: now, expiresAt: null };
  expect(await writer.execute(openLotWork('m-1', open))).toMatchObject({ kind: 'accepted', replayed: false });
  expect(await writer.execute(openLotWork('m-1', open))).toMatchObject({ kind: 'accepted', replayed: true });
  expect(await writer.execute(openLotWork('m-2', open))).toEqual({ kind: 'conflict' });
});

describe('the sweeper', () => {
  const expiring = (id: string, day: string) => rating(id, '2026-01-01', 10, { expiresAt: `${day}T00:00:00.000Z` });

  it('writes what is due, dated at its own moment, in pages, and nothing twice', async () => {
    for (let n = 0; n < 7; n++) await tell(writer, `m-${n}`, expiring(`p-${n}`, n === 6 ? '2026-06-01' : '2026-03-01'));
    clock.advance(60 * DAY_MS);
    expect(await sweep(database.pool, writer, clock.now(), { batch: 2 })).toEqual({ members: 6 });
    expect(await sweep(database.pool, writer, clock.now(), { batch: 2 })).toEqual({ members: 0 });
    const { rows } = await database.pool.query(
      `SELECT DISTINCT time FROM points.events WHERE type = 'points.expired.v1'`,
    );
    expect(rows).toEqual([{ time: '2026-03-01 00:00:00+00' }]);
  });

  it('writes repayments when their lots become active', async () => {
    await tell(writer, 'm-1', rating('p1', '2026-01-01', 100));
    await writer.execute(redeemWork('m-1', 'r', { points: 100 }));
    await tell(writer, 'm-1', returning('x', '2026-01-10', { p1: 50 }));
    await tell(writer, 'm-1', rating('p2', '2026-01-20', 70, { activeFrom: '2026-02-03T00:00:00.000Z' }));
    expect(await sweep(database.pool, writer, clock.now())).toEqual({ members: 0 });
    clock.advance(3 * DAY_MS);
    expect(await sweep(database.pool, writer, clock.now())).toEqual({ members: 1 });
    expect(await sweep(database.pool, writer, clock.now())).toEqual({ members: 0 });
    expect((await types()).at(-1)).toBe('repaid');
    expect(await wallets()).toMatchObject([{ held: 20, owed: 0 }]);
  });
});

it('has the same rows when its models are built from the whole log, in ranges, or event by event', async () => {
  const terms = {
    program: 'club',
    version: 'v1',
    effectiveFrom: '2026-01-01T00:00:00.000Z',
    timeZone: 'UTC',
    expiry: null,
    approvalAbove: 100,
    rewards: [{ id: 'mug', name: { en: 'Mug' }, points: 2, codes: true as const, stock: 20, undone: 'back' as const }],
  };
  const desk = new RewardDesk(database.pool, writer);
  await writer.broadcast('program:club', [{ type: 'terms.learned.v1', time: now, data: terms }]);
  for (let n = 0; n < 12; n++) {
    const member = `m-${n % 3}`;
    await tell(
      writer,
      member,
      rating(`p-${n}`, '2026-01-01', 40, { expiresAt: n % 4 === 0 ? '2026-01-20T00:00:00.000Z' : null }),
    );
    await tell(writer, member, rating(`p-${n}`, '2026-01-01', 45 - n, {}, false));
    await writer.execute(redeemWork(member, `r-${n}`, { points: 20 + n }));
    await tell(writer, member, returning(`x-${n}`, '2026-01-10', { [`p-${n}`]: 30, [`p-unknown-${n}`]: n % 5 }));
    await writer.execute(adjustWork(member, `a-${n}`, { points: n % 2 === 0 ? 7 : -2, reason: 'goodwill' }));
    await writer.execute(reserveWork(member, `v-${n}`, { points: 2 }));
    if (n % 3 === 0) await writer.execute(captureWork(member, `c-${n}`, { reservation: `v-${n}`, points: 1 }));
    if (n % 4 === 0) await writer.execute(voidWork(member, `w-${n}`, `v-${n}`));
    await writer.execute(undoWork(member, `u-${n}`, { redemption: `r-${n}`, points: 3 }));
    await writer.execute(sendWork(member, `t-${n}`, { points: 1, to: 'm-4' }));
    await writer.execute(addCodeWork({ program: 'club', reward: 'mug', code: `code-${n}` }));
    await desk.redeem(member, `g-${n}`, { reward: 'mug' });
    if (n % 3 === 0) {
      const undone = await writer.execute(undoWork(member, `gu-${n}`, { redemption: `g-${n}` }));
      if (n > 0 && undone.kind === 'accepted' && undone.answer)
        await desk.undone(member, `g-${n}`, `gu-${n}`, undone.answer);
    }
    await writer.execute(adjustWork(member, `b-${n}`, { points: 500, reason: 'prize' }, 'ann'));
    if (n % 3 === 0) await writer.execute(approveWork(member, `ba-${n}`, { request: `b-${n}`, by: 'ben' }));
    if (n % 3 === 1) await writer.execute(refuseWork(member, `br-${n}`, { request: `b-${n}`, by: 'ben' }));
  }
  await writer.execute(accountWork('close', 'm-2', 'k-1', { reason: 'asked' }, 'ann'));
  await writer.execute(accountWork('reopen', 'm-2', 'k-2', { reason: 'asked' }, 'ann'));
  await new Courier(database.pool, writer).deliverAll();
  const tables = points.readModels.map(({ name }) => name);
  const rows = async () =>
    Promise.all(
      tables.map(
        async (name) => (await database.pool.query(`SELECT t::text FROM points.${name} AS t ORDER BY 1`)).rows,
      ),
    );
  const live = await rows();
  const heads = await readHeads(database.pool, points.schema);
  expect(live.map((table) => table.length > 0)).toEqual(live.map(() => true));
  for (const step of [1, 5, 1000]) {
    for (const model of points.readModels) {
      await database.pool.query(`TRUNCATE points.${model.name}`);
      for (const { shard, position } of heads) {
        for (let from = 0; from < position; from += step) {
          const range = `(SELECT shard, position, id, type, subject, time, recorded, data FROM points.events
            WHERE shard = ${shard} AND position > ${from} AND position <= ${from + step})`;
          await database.pool.query(statementOf(model, range, `points.${model.name}`));
        }
      }
    }
    expect(await rows()).toEqual(live);
  }
});
