import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { installForTests } from './analytics.fixture.ts';
import { AnalyticsModule, type AnalyticsModuleOptions } from './analytics.module.ts';
import { analyticsEntities } from './views/index.ts';

let copy: TestDatabase;
let database: Database;

beforeAll(async () => {
  copy = await testDatabase({ name: 'analytics', prepare: installForTests });
  database = await openDatabase({ url: copy.url, entities: [...analyticsEntities], name: 'zone spec', max: 4 });
});
afterAll(async () => {
  await database.close();
  await copy.close();
});

/** The zone that every session finds after a start. */
async function startedWith(options?: AnalyticsModuleOptions): Promise<string | undefined> {
  const app = await createHttpApp({
    title: 'Test',
    modules: [AnalyticsModule.forRoot(options)],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({}),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  try {
    await app.init();
  } finally {
    await app.close();
  }
  const { rows } = await database.pool.query<{ zone: string }>('SELECT analytics.reporting_zone() AS zone');
  return rows[0]?.zone;
}

it('a start records the reporting time zone it is given, and keeps the recorded one where it is given none', async () => {
  expect(await startedWith()).toBe('UTC');
  expect(await startedWith({ reportingZone: 'Asia/Shanghai' })).toBe('Asia/Shanghai');
  expect(await startedWith()).toBe('Asia/Shanghai');
});

it('a start with a time zone that the server does not know fails, naming it', async () => {
  await expect(startedWith({ reportingZone: 'Nowhere/Land' })).rejects.toThrow(
    'REPORTING_ZONE=Nowhere/Land: this PostgreSQL server does not know the time zone.',
  );
});
