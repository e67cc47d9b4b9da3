import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { checkReceipt } from '@loyalty/event-store/check-receipt';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { rating } from './core/scenario.fixture.ts';
import { installForTests, tell } from './points.fixture.ts';
import { pointsEntities } from './points-entities.ts';
import { PointsModule } from './points.module.ts';
import { POINTS_WRITER } from './tokens.ts';

let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let url: string;

beforeAll(async () => {
  copy = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'proof spec', entities: [...pointsEntities] });
  app = await createHttpApp({
    title: 'Test',
    modules: [PointsModule.forRoot({ validate: true, sweepMs: 0 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ shop: ['points:read'], writer: ['points:write'] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  for (const id of ['one', 'two', 'three']) await tell(app.get(POINTS_WRITER), 'm-1', rating(id, '2026-01-01', 100));
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

async function ask(path: string, key = 'shop'): Promise<{ status: number; body: Record<string, never> }> {
  const response = await fetch(`${url}/v1/${path}`, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

async function entries(): Promise<{ id: string; position: string }[]> {
  return ((await ask('members/m-1/entries')).body as { items?: { id: string; position: string }[] }).items ?? [];
}

it('proves an entry by its id and by its position, to whoever has the file', async () => {
  for (const { id, position } of await entries()) {
    const { status, body } = await ask(`entries/${id}/proof`);
    expect(status).toBe(200);
    expect(checkReceipt(body)).toMatchObject({ ok: true, entries: [{ id, subject: 'm-1', service: 'points' }] });
    const again = (await ask(`entries/${position}/proof`)).body;
    expect({ ...again, made: '' }).toEqual({ ...body, made: '' });
  }
});

it('hangs a proof on an anchor that was taken earlier', async () => {
  const [last, , first] = await entries();
  const upto = first?.position.split('/')[1];
  const { body } = await ask(`entries/${first?.id}/proof?upto=${upto}`);
  expect(body).toMatchObject({ anchors: [{ position: Number(upto) }] });
  expect(checkReceipt(body, { anchors: body['anchors'] })).toMatchObject({ ok: true });
  for (const beyond of [upto, 1_000_000])
    expect(await ask(`entries/${beyond === upto ? last?.id : first?.id}/proof?upto=${beyond}`)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/upto', in: 'query' }] },
    });
});

it.each([
  ['00000000-0000-7000-8000-000000000000', 404, 'unknown_entry'],
  ['0/1000000', 404, 'unknown_entry'],
  ['999/1', 404, 'unknown_entry'],
  ['no-id', 400, 'bad_input'],
  ['0/0', 400, 'bad_input'],
])('answers for entry %s with %d %s', async (entry, status, code) => {
  expect(await ask(`entries/${entry}/proof`)).toMatchObject({ status, body: { code } });
});

it('is for those who may read entries', async () => {
  const [entry] = await entries();
  expect((await ask(`entries/${entry?.id}/proof`, 'writer')).status).toBe(403);
});
