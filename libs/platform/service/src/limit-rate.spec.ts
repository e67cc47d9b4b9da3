import 'reflect-metadata';
import { Controller, Module, Post } from '@nestjs/common';
import type { Database } from '@loyalty/database';
import { fixedKeys } from './api-keys.ts';
import { createHttpApp } from './http-app.ts';
import { createLogger } from './logging.ts';
import { readEnvironment } from './read-environment.ts';
import { Scopes } from './scopes.ts';

@Controller('v1/things')
@Scopes('things:write')
class ThingController {
  @Post()
  add() {
    return {};
  }
}

@Module({ controllers: [ThingController] })
class ThingModule {}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** How often a key is let through when it asks five times at once, and what it is told the last time. */
async function asking(variables: Record<string, string>) {
  const query = () => Promise.resolve({ rows: [] });
  const app = await createHttpApp({
    title: 'Test',
    modules: [ThingModule],
    environment: readEnvironment(variables),
    database: { pool: { query } } as unknown as Database,
    keys: fixedKeys({ till: ['*'], shop: ['*'] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  open.push(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const ask = (key: string) =>
    fetch(`${url}/v1/things`, { method: 'POST', headers: { authorization: `Bearer ${key}` } });
  const answers = await Promise.all(Array.from({ length: 5 }, () => ask('till')));
  const statuses = answers.map(({ status }) => status).sort();
  return { url, ask, statuses, refused: answers.find(({ status }) => status === 429) };
}

it('a key is stopped beyond its share, and told when to come again', async () => {
  const { statuses, refused } = await asking({ RATE_LIMIT: '3' });
  expect(statuses).toEqual([201, 201, 201, 429, 429]);
  const wait_s = Number(refused?.headers.get('retry-after'));
  expect(wait_s).toBeGreaterThan(0);
  expect(wait_s).toBeLessThanOrEqual(60);
  expect(refused?.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(await refused?.json()).toMatchObject({
    status: 429,
    code: 'too_many_requests',
    detail: expect.stringMatching(/^The key "till" may make 3 requests a minute: wait \d+ s/) as string,
    details: { limit: 3 },
  });
});

it('another key and health are not touched by it', async () => {
  const { url, ask } = await asking({ RATE_LIMIT: '3' });
  expect((await ask('shop')).status).toBe(201);
  for (let i = 0; i < 5; i++) expect((await fetch(`${url}/health/live`)).status).toBe(200);
});

it('there is no limit unless one is set', async () => {
  expect((await asking({})).statuses).toEqual([201, 201, 201, 201, 201]);
});
