import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { earned, happen, installForTests } from './analytics.fixture.ts';
import { AnalyticsModule } from './analytics.module.ts';
import { analyticsChecks } from './checks.ts';
import { analyticsEntities } from './views/index.ts';

/** So many wallets, each as full as one may be, hold more than a bigint does. */
const WALLETS = 1_025;
const SUM = String(BigInt(WALLETS) * BigInt(Number.MAX_SAFE_INTEGER));
const DAY = '2026-06-01';

let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;

beforeAll(async () => {
  copy = await testDatabase({ name: 'analytics', prepare: installForTests });
  database = await openDatabase({ url: copy.url, entities: [...analyticsEntities], name: 'sums spec', max: 4 });
  app = await createHttpApp({
    title: 'Test',
    modules: [AnalyticsModule.forRoot()],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ analyst: ['analytics:read'] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  const at = `${DAY}T10:00:00Z`;
  const lots = Array.from({ length: WALLETS }, (_, i) =>
    earned(`s/${i}`, `m-${i}`, at, Number.MAX_SAFE_INTEGER, at, null),
  );
  await happen(database.pool, 'points', lots);
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

async function answer(path: string): Promise<{ status: number; items: object[] }> {
  const headers = { authorization: 'Bearer analyst' };
  const response = await fetch(`${await app.getUrl()}/v1/analytics/${path}`, { headers });
  const { items } = (await response.json()) as { items: object[] };
  return { status: response.status, items };
}

it('tells sums over all members exactly, however large', async () => {
  expect(await answer('points')).toMatchObject({
    status: 200,
    items: [{ issued: SUM, active: SUM, outstanding: SUM, spent: '0', owed: '0', lots: WALLETS, members: WALLETS }],
  });
  expect(await answer('daily-points')).toMatchObject({
    status: 200,
    items: [{ day: DAY, issued: SUM, corrected: '0', redeemed: '0' }],
  });
});

it('proves them', async () => {
  for (const check of analyticsChecks) {
    expect(await check.run(database.pool, Date.now())).toMatchObject({ ok: true, problems: [] });
  }
});
