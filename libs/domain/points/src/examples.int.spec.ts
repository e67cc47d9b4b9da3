import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { rating } from './core/scenario.fixture.ts';
import { explanationExample } from './explain/explanation-example.ts';
import { installForTests, tell } from './points.fixture.ts';
import { pointsEntities } from './points-entities.ts';
import { redeemWork } from './points-work.ts';
import { PointsModule } from './points.module.ts';
import { statementExample } from './statement/statement-example.ts';
import { POINTS_WRITER } from './tokens.ts';

/** What nobody can know beforehand: when and where it was booked. */
const CHANCE = new Set(['id', 'position', 'upto', 'recordedAt', 'issuedAt', 'explanation']);

let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;

beforeAll(async () => {
  copy = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'examples spec', entities: [...pointsEntities] });
  app = await createHttpApp({
    title: 'Test',
    modules: [PointsModule.forRoot({ validate: true, sweepMs: 0 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ shop: ['points:read'] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  const writer = app.get(POINTS_WRITER);
  const program = 'harbour-club';
  const data = { program, version: 'v1', effectiveFrom: '2020-01-01T00:00:00.000Z', timeZone: 'Asia/Shanghai' };
  await writer.broadcast(`program:${program}`, [{ type: 'terms.learned.v1', time: 0, data }]);
  const terms = { program, activeFrom: '2026-06-06T02:15:00.000Z', expiresAt: '2099-12-31T16:00:00.000Z' };
  const bought = rating('000123', '2026-06-06T02:15:00Z', 77, {
    ...terms,
    purchase: { source: 'store-7', id: '000123' },
  });
  await tell(writer, 'm-1001', bought);
  await writer.execute(redeemWork('m-1001', 'till-3/9001', { points: 20, reference: 'till-3/9001' }));
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

async function ask(path: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${await app.getUrl()}${path}`, { headers: { authorization: 'Bearer shop' } });
  return (await response.json()) as Record<string, unknown>;
}

/** The same value with everything that is chance, and times and sentences about now, made equal. */
function settled(value: unknown, name = ''): unknown {
  if (CHANCE.has(name)) return typeof value;
  if (Array.isArray(value)) return value.map((each) => settled(each));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, settled(each, key)]));
  }
  return value;
}

it('are what a statement answers', async () => {
  const told = (await ask('/v1/members/m-1001/statement')) as typeof statementExample;
  const { period, entries, ...rest } = statementExample;
  const [earned, redeemed] = entries;
  expect(settled(told)).toEqual(
    settled({
      ...rest,
      period: { ...period, from: told.period.from, to: told.period.to },
      entries: [earned, { ...redeemed, at: told.entries[1]!.at }],
    }),
  );
});

it('are what an explanation answers', async () => {
  const { entries } = (await ask('/v1/members/m-1001/statement')) as typeof statementExample;
  const told = (await ask(entries[1]!.explanation)) as typeof explanationExample;
  const { entry, text, ...rest } = explanationExample;
  expect(settled(told)).toEqual(
    settled({ ...rest, entry: { ...entry, at: told.entry.at }, text: [told.text[0], ...text.slice(1)] }),
  );
  expect(told.text[0]).toMatch(/^20 points were redeemed at \d+ \w+ \d{4}, \d\d:\d\d\.$/);
});
