import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { bought, installForTests, returned, shanghai, standardText, tell } from './tiers.fixture.ts';
import { Rerating } from './rerating.ts';
import type { TiersWriter } from './tiers-writer.ts';
import { TiersModule } from './tiers.module.ts';
import { TIERS_WRITER } from './tokens.ts';

const KEYS = { admin: ['*'], reader: ['tiers:read', 'programs:read'], nobody: [] };
let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let url: string;

beforeAll(async () => {
  copy = await testDatabase({ name: 'tiers', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'tiers spec' });
  app = await createHttpApp({
    title: 'Test',
    modules: [TiersModule.forRoot({ validate: true })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys(KEYS),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  await tell(
    app.get<TiersWriter>(TIERS_WRITER),
    'm-1',
    bought('1', shanghai('2026-01-10'), '2500'),
    bought('2', shanghai('2026-06-01'), '9000'),
    returned('3', shanghai('2026-07-01'), '2'),
  );
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function ask(path: string, key: keyof typeof KEYS = 'reader', init: RequestInit = {}): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) };
  const response = await fetch(`${url}/v1/${path}`, { ...init, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const publish = (body: string, type = 'application/yaml', key: keyof typeof KEYS = 'admin'): Promise<Answer> =>
  ask('programs', key, { method: 'POST', body, headers: { 'content-type': type } });

it('tells the tier at any instant, past and to come', async () => {
  const at = async (instant: string): Promise<unknown> =>
    (await ask(`members/m-1/tier?at=${encodeURIComponent(instant)}`)).body['tier'];
  expect(await at('2026-01-09T00:00:00+08:00')).toBeNull();
  expect(await at('2026-01-10T00:00:00+08:00')).toBe('silver');
  expect(await at('2026-06-30T23:59:59+08:00')).toBe('gold');
  expect(await at('2026-07-01T00:00:00+08:00')).toBe('silver');
  expect((await ask('members/m-1/tier?at=2026-07-01T00:00:00%2B08:00')).body).toEqual({
    member: 'm-1',
    program: 'standard',
    at: '2026-06-30T16:00:00.000Z',
    tier: 'silver',
    since: '2026-06-30T16:00:00.000Z',
    until: '2027-02-08T16:00:00.000Z',
    next: 'bronze',
  });
});

it('tells the whole history, certain steps included', async () => {
  const { body } = await ask('members/m-1/tier/history?program=standard');
  expect((body['steps'] as { tier: string }[]).map(({ tier }) => tier)).toEqual(['silver', 'gold', 'silver', 'bronze']);
});

it('answers problems for what it does not know and what it cannot read', async () => {
  expect(await ask('members/nobody/tier')).toMatchObject({ status: 404, body: { code: 'unknown_member' } });
  expect(await ask('members/m-1/tier?program=other')).toMatchObject({ status: 404, body: { code: 'not_in_program' } });
  expect(await ask('members/m-1/tier?at=yesterday')).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/at', in: 'query' }] },
  });
  expect(await ask('members/m-1/tier', 'nobody')).toMatchObject({ status: 403 });
  expect(await ask('ratings/till/unknown')).toMatchObject({ status: 404, body: { code: 'unknown_rating' } });
});

it('explains a rating, and the same comes out when it is worked through again', async () => {
  const { body } = await ask('ratings/till/2?recompute=true');
  expect(body).toMatchObject({
    member: 'm-1',
    purchases: [
      {
        tier: 'silver',
        points: 11250,
        cells: [
          { rule: 'base', points: 9000 },
          { rule: 'tier-bonus', points: 2250 },
        ],
      },
    ],
    returns: [],
    recomputed: { matches: true },
  });
  expect((await ask('ratings/till/3?recompute=true')).body).toMatchObject({
    returns: [{ reversals: [{ purchase: { source: 'till', id: '2' }, points: 11250 }] }],
    recomputed: { matches: true },
  });
});

it('shows in health that rating again fails, and why, without being unready for it', async () => {
  const rerating = app.get(Rerating);
  const health = async () => {
    const response = await fetch(`${url}/health/ready`);
    const { details } = (await response.json()) as { details: Record<string, object> };
    return [response.status, details['tiers rerating']];
  };
  await rerating.run();
  expect(await health()).toEqual([200, { status: 'up', pendingShards: 0 }]);
  await database.pool.query('UPDATE tiers.reratings SET done = 0');
  await database.pool.query('ALTER TABLE tiers.reratings ADD CONSTRAINT broken CHECK (done = 0)');
  await expect(rerating.run()).rejects.toThrow('violates check constraint');
  expect(await health()).toEqual([
    200,
    { status: 'up', pendingShards: 8, degraded: expect.stringContaining('violates check constraint') as string },
  ]);
  await database.pool.query('ALTER TABLE tiers.reratings DROP CONSTRAINT broken');
  await rerating.run();
  expect(await health()).toEqual([200, { status: 'up', pendingShards: 0 }]);
});

it('lists the shipped programs', async () => {
  const { body } = await ask('programs');
  expect(body['items']).toMatchObject([
    { program: 'online-retail', inForce: true, default: false, currency: 'GBP', sources: ['online-retail'] },
    { program: 'standard', inForce: true, default: true, currency: 'CNY', timeZone: 'Asia/Shanghai' },
  ]);
});

it('publishes a program file once, as YAML or inside JSON', async () => {
  const text = standardText.replace('program: standard', 'program: spec');
  expect(await publish(text)).toMatchObject({
    status: 201,
    body: { program: 'spec', effectiveFrom: '1999-12-31T16:00:00.000Z' },
  });
  expect(await publish(JSON.stringify({ document: text }), 'application/json')).toMatchObject({ status: 200 });
  expect(await publish(text.replace('P14D', 'P2D'))).toMatchObject({ status: 409, body: { code: 'version_exists' } });
  expect(await publish(text, 'application/yaml', 'reader')).toMatchObject({ status: 403 });
});

it('refuses a file that is too large, however it is sent, and answers on the same connection after', async () => {
  const text = 'x'.repeat(5_000_000);
  const tooLarge = { status: 413, body: { code: 'body_too_large', details: { limit: 1_000_000 } } };
  expect(await publish(text)).toMatchObject(tooLarge);
  expect(await publish(JSON.stringify({ document: text }), 'application/json')).toMatchObject(tooLarge);
  expect(await ask('programs')).toMatchObject({ status: 200 });
});

it('answers a mistaken file with line and reason', async () => {
  const { status, body } = await publish(standardText.replace('currency: CNY', 'curency: CNY'));
  expect(status).toBe(400);
  expect(body).toMatchObject({
    code: 'program_invalid',
    errors: [
      { pointer: '/currency', message: 'line 1: currency is missing' },
      { pointer: '/curency', message: 'line 6: unknown key curency' },
    ],
  });
});
