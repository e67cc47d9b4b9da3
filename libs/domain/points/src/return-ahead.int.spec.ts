import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { pointsChecks } from './checks.ts';
import { rating, returning } from './core/scenario.fixture.ts';
import type { EntryExplanation } from './explain/entries.controller.ts';
import { installForTests, learnPrograms, tell } from './points.fixture.ts';
import { pointsEntities } from './points-entities.ts';
import { reserveWork } from './points-work.ts';
import type { PointsWriter } from './points-writer.ts';
import { PointsModule } from './points.module.ts';
import { sweep } from './sweep.ts';
import { POINTS_WRITER } from './tokens.ts';

const HOUR_MS = 3_600_000;
const BOOKED = Date.UTC(2026, 1, 1);
const MEMBERS = ['m-whole', 'm-part'] as const;
let now = BOOKED;
let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let writer: PointsWriter;

/** Two members whose points are all reserved, and a till whose clock is half a day ahead takes their purchase back. */
beforeAll(async () => {
  copy = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'return ahead spec', entities: [...pointsEntities] });
  app = await createHttpApp({
    title: 'Test',
    modules: [PointsModule.forRoot({ validate: true, sweepMs: 0, clock: () => now * 1000 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ office: ['points:*'] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  writer = app.get(POINTS_WRITER);
  await learnPrograms(writer, 'club');
  for (const member of MEMBERS) {
    await tell(writer, member, rating(member, '2026-01-10', 10, { shortfall: 'waive' }));
    await writer.execute(
      reserveWork(member, `short-${member}`, { points: member === 'm-whole' ? 10 : 4, ttl: 'PT1H' }),
    );
  }
  await writer.execute(reserveWork('m-part', 'long', { points: 6, ttl: 'P3D' }));
  for (const member of MEMBERS) {
    await tell(
      writer,
      member,
      returning(`back-${member}`, new Date(BOOKED + 12 * HOUR_MS).toISOString(), { [member]: 10 }),
    );
  }
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

async function ask<T>(path: string, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(`${await app.getUrl()}/v1/${path}`, {
    headers: { authorization: 'Bearer office', ...headers },
  });
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

async function verified(): Promise<void> {
  for (const check of pointsChecks)
    expect(await check.run(database.pool, now)).toMatchObject({ ok: true, problems: [] });
}

it('takes what the reservations give back before its time, and every read model and check knows', async () => {
  await verified();
  now = BOOKED + 2 * HOUR_MS;
  expect(await sweep(database.pool, writer, now)).toEqual({ members: 2 });
  expect(await sweep(database.pool, writer, now)).toEqual({ members: 0 });
  await verified();
  const { rows } = await database.pool.query(
    `SELECT member, held, reserved, reversed, owed FROM points.wallets ORDER BY member`,
  );
  expect(rows).toEqual([
    { member: 'm-part', held: 0, reserved: 6, reversed: 4, owed: 0 },
    { member: 'm-whole', held: 0, reserved: 0, reversed: 10, owed: 0 },
  ]);
  now = BOOKED + 100 * 24 * HOUR_MS;
  await sweep(database.pool, writer, now);
  await verified();
  expect(await ask('members/m-part/balance')).toMatchObject({ wallets: [{ active: 6, reversed: 4 }] });
});

it('is explained as what it is, in both languages', async () => {
  const { items } = await ask<{ items: { type: string; position: string; points: number }[] }>(
    'members/m-part/entries?limit=500',
  );
  const later = items.find(({ type, points }) => type === 'reversed' && points === 0)!;
  const told = await ask<EntryExplanation>(`entries/${later.position}/explanation`);
  expect(told.cause).toEqual({ kind: 'time', document: { source: 'shop', id: 'back-m-part' } });
  expect(told.text).toEqual([
    'Return shop/back-m-part of 1 Feb 2026, 12:00 takes back 4 points of purchase shop/m-part after all: they had come back to it before then.',
    'The balance was 4 before and 0 after it.',
  ]);
  const chinese = await ask<EntryExplanation>(`entries/${later.position}/explanation`, { 'accept-language': 'zh-CN' });
  expect(chinese.text[0]).toMatch(/补扣 4 积分：此前已退回该批次。$/);
});
