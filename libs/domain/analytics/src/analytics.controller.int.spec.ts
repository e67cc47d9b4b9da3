import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { answered, bought, broughtBack, earned, happen, installForTests, ranked } from './analytics.fixture.ts';
import { AnalyticsModule } from './analytics.module.ts';
import { analyticsEntities } from './views/index.ts';

let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let url: string;

beforeAll(async () => {
  copy = await testDatabase({ name: 'analytics', prepare: installForTests });
  database = await openDatabase({ url: copy.url, entities: [...analyticsEntities], name: 'analytics spec', max: 4 });
  app = await createHttpApp({
    title: 'Test',
    modules: [AnalyticsModule.forRoot()],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ analyst: ['analytics:read'], till: ['purchases:write'] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  await happen(database.pool, 'purchases', [
    bought('1', 'm-1', '2026-06-01T20:00:00Z', '29.90'),
    bought('2', 'm-2', '2026-06-02T10:00:00Z', '100'),
    bought('3', undefined, '2026-06-03T10:00:00Z', '5', { store: undefined }),
    broughtBack('4', 'm-1', '2026-06-03T11:00:00Z', '9.90', [{ id: '1', quantity: '0.5' }]),
  ]);
  await happen(database.pool, 'points', [
    earned('s/1', 'm-1', '2026-06-01T20:00:00Z', 29, '2026-06-15T20:00:00Z', null),
  ]);
  await happen(database.pool, 'tiers', [
    ranked('m-1', '2026-06-01T20:00:00Z', [
      ['bronze', '2026-06-01T20:00:00Z'],
      ['silver', '2026-07-01T00:00:00Z'],
    ]),
  ]);
  await happen(database.pool, 'feedback', [
    answered('nps', 10, '2026-06-01T10:00:00Z'),
    answered('nps', 0, '2026-06-02T10:00:00Z'),
    answered('nps', 9, '2026-06-02T10:00:00Z'),
    answered('csat', 2, '2026-06-02T10:00:00Z'),
  ]);
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

interface Answer {
  readonly at: string;
  readonly timeZone: string;
  readonly asOf: object;
  readonly items: readonly Record<string, unknown>[];
  readonly next?: string | null;
  readonly total?: object;
}

async function ask(path: string, key = 'analyst'): Promise<Response> {
  return fetch(`${url}/v1/analytics/${path}`, { headers: { authorization: `Bearer ${key}` } });
}

async function answer(path: string): Promise<Answer> {
  const response = await ask(path);
  const body = (await response.json()) as Answer;
  expect([response.status, body]).toEqual([200, expect.anything()]);
  return body;
}

it('says of every answer at which instant, in which time zone and from which positions', async () => {
  const at = '2026-06-10T00:00:00.000Z';
  const asOf = { purchases: { 5: 4 }, points: { 5: 1 }, tiers: { 5: 1 }, feedback: { 5: 4 } };
  for (const path of ['daily-sales', 'daily-points', 'points', 'member-value', 'tiers', 'nps', 'csat']) {
    expect(await answer(`${path}?at=2026-06-10T08:00:00%2B08:00`)).toMatchObject({ at, timeZone: 'UTC', asOf });
  }
  const now = await answer('points');
  expect(Math.abs(Date.parse(now.at) - Date.now())).toBeLessThan(60_000);
});

it('lists daily sales of business days in the time zone asked for, page by page', async () => {
  const query = 'daily-sales?timeZone=Asia/Shanghai&from=2026-06-02&to=2026-06-03&limit=2';
  const first = await answer(query);
  expect(first.items.map((row) => [row['day'], row['store'], row['net']])).toEqual([
    ['2026-06-02', 'harbour', '129.90'],
    ['2026-06-03', null, '5'],
  ]);
  const second = await answer(`${query}&cursor=${first.next}`);
  expect(second.items).toMatchObject([{ day: '2026-06-03', store: 'harbour', returns: 1, returned: '9.90' }]);
  expect(second.next).toBeNull();
});

it('counts only what had happened by the instant asked for', async () => {
  const { items } = await answer('daily-sales?at=2026-06-02T00:00:00Z');
  expect(items).toMatchObject([{ day: '2026-06-01', purchases: 1 }]);
  expect((await answer('tiers?at=2026-06-30T00:00:00Z')).items).toEqual([
    { program: 'club', tier: 'bronze', members: 1 },
  ]);
  expect((await answer('tiers?at=2026-07-01T00:00:00Z')).items).toEqual([
    { program: 'club', tier: 'silver', members: 1 },
  ]);
  expect((await answer('points?at=2026-06-10T00:00:00Z')).items).toMatchObject([{ pending: '29', active: '0' }]);
});

it('lists members by worth, or one of them', async () => {
  const at = 'at=2026-06-10T00:00:00Z';
  const first = await answer(`member-value?sort=monetary&limit=1&${at}`);
  expect(first.items).toMatchObject([{ member: 'm-2', monetary: '100', frequency: 1, recencyDays: 7 }]);
  const second = await answer(`member-value?sort=monetary&limit=1&${at}&cursor=${first.next}`);
  expect(second.items).toMatchObject([
    { member: 'm-1', monetary: '20.00', lastPurchaseAt: '2026-06-01T20:00:00.000Z' },
  ]);
  expect((await answer('member-value?member=m-1')).items).toHaveLength(1);
});

it('totals scores over the whole list, not over its page', async () => {
  const nps = await answer('nps?limit=1');
  expect(nps).toMatchObject({ total: { answers: 3, promoters: 2, passives: 0, detractors: 1, nps: '33.3' } });
  expect(nps.items).toMatchObject([{ day: '2026-06-01', nps: '100.0' }]);
  expect(await answer('csat')).toMatchObject({ total: { answers: 1, satisfied: 0, csat: '0.0', mean: '2.00' } });
  expect(await answer('nps?store=nowhere')).toMatchObject({ total: { answers: 0, nps: null }, items: [] });
});

it.each([
  ['daily-sales?from=2026-02-30', '/from'],
  ['daily-sales?timeZone=%2B08:00', '/timeZone'],
  ['daily-sales?timeZone=Nowhere/Land', '/timeZone'],
  ['points?at=yesterday', '/at'],
  ['points?at=2026-06-10T00:00:00', '/at'],
  ['daily-sales?cursor=nonsense', '/cursor'],
  ['daily-sales?stroe=harbour', '/stroe'],
])('tells what is wrong with %s', async (path, pointer) => {
  const response = await ask(path);
  expect([response.status, await response.json()]).toMatchObject([400, { errors: [{ pointer, in: 'query' }] }]);
});

it('answers to keys that may read analytics only', async () => {
  expect((await ask('points', 'till')).status).toBe(403);
  expect((await ask('points', 'nobody')).status).toBe(401);
});
