import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { rating } from './core/scenario.fixture.ts';
import { installForTests, learnPrograms, tell } from './points.fixture.ts';
import { pointsEntities } from './points-entities.ts';
import { PointsModule } from './points.module.ts';
import { POINTS_WRITER } from './tokens.ts';

let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let url: string;

beforeAll(async () => {
  copy = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'as-of http', entities: [...pointsEntities] });
  app = await createHttpApp({
    title: 'Test',
    modules: [PointsModule.forRoot({ validate: true, sweepMs: 0 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ shop: ['points:read'], none: [] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  await learnPrograms(app.get(POINTS_WRITER), 'club');
  const expiring = { expiresAt: '2199-01-01T00:00:00.000Z' };
  await tell(app.get(POINTS_WRITER), 'm-1', rating('a', '2026-01-10', 100, expiring));
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

async function ask(path: string, key = 'shop') {
  const response = await fetch(`${url}/v1/members/m-1/${path}`, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: (await response.json()) as object };
}

describe.each(['balance', 'lots', 'entries'])('%s', (what) => {
  const shown = async (query: string): Promise<number> => {
    const { status, body } = await ask(`${what}?${query}`);
    expect(status).toBe(200);
    return Object.values(body).find(Array.isArray)?.length ?? -1;
  };

  it('is as of an instant, and as known at a time', async () => {
    expect(await shown('at=2026-01-09T00:00:00Z')).toBe(0);
    expect(await shown('at=2026-01-10T08:00:00%2B08:00')).toBe(1);
    expect(await shown('known=2026-01-11T00:00:00Z')).toBe(0);
    expect(await shown('at=2026-01-11T00:00:00Z&known=2198-01-01T00:00:00Z')).toBe(1);
  });

  it.each(['at', 'known'])('refuses an %s that is no instant', async (name) => {
    const { status, body } = await ask(`${what}?${name}=2026-01-09`);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain(`"/${name}"`);
  });
});

it('names the two times of a balance in the answer', async () => {
  const { body } = await ask('balance?known=2026-02-01T00:00:00%2B08:00');
  expect(body).toEqual({
    member: 'm-1',
    at: '2026-01-31T16:00:00.000Z',
    known: '2026-01-31T16:00:00.000Z',
    wallets: [],
  });
});

it('gives a timeline to whoever may read, and refuses a limit that is none', async () => {
  expect((await ask('timeline?program=club')).body).toMatchObject({
    member: 'm-1',
    wallets: [{ spendable: 100, steps: [{ at: '2199-01-01T00:00:00.000Z', expires: 100 }], totals: { expires: 100 } }],
  });
  expect((await ask('timeline?program=other')).body).toMatchObject({ wallets: [] });
  expect((await ask('timeline?limit=0')).status).toBe(400);
  expect((await ask('timeline', 'none')).status).toBe(403);
});
