import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { installForTests } from './feedback.fixture.ts';
import { FeedbackModule } from './feedback.module.ts';

const KEYS = {
  shop: ['feedback:write'],
  supervisor: ['feedback:read'],
  agent: ['feedback:write', 'feedback:read', 'feedback:comments'],
};
let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let url: string;

beforeAll(async () => {
  copy = await testDatabase({ name: 'feedback', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'feedback spec' });
  app = await createHttpApp({
    title: 'Test',
    modules: [FeedbackModule.forRoot({ validate: true })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys(KEYS),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

type Key = keyof typeof KEYS;

async function ask(path: string, key: Key = 'agent'): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${url}/v1/${path}`, { headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function post(
  path: string,
  body: object,
  { key = 'agent', once }: { key?: Key; once?: string } = {},
): Promise<{ status: number; replayed: boolean; body: Record<string, unknown> }> {
  const response = await fetch(`${url}/v1/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(once !== undefined && { 'idempotency-key': once }),
    },
    body: JSON.stringify(body),
  });
  const replayed = response.headers.get('idempotency-replayed') === 'true';
  return { status: response.status, replayed, body: (await response.json()) as Record<string, unknown> };
}

const angry = { member: 'm-1', kind: 'nps', score: 1, comment: 'cold coffee', language: 'en', store: 'harbour' };

it('records an answer once, and tells the same and another body apart', async () => {
  const body = { id: 'once', ...angry };
  expect(await post('feedback', body, { key: 'shop' })).toEqual({
    status: 201,
    replayed: false,
    body: { id: 'once', case: 'case-once' },
  });
  expect(await post('feedback', body)).toEqual({
    status: 200,
    replayed: true,
    body: { id: 'once', case: 'case-once' },
  });
  expect(await post('feedback', { ...body, score: 0 })).toMatchObject({ status: 409, body: { code: 'key_reused' } });
  expect(await post('feedback', { ...body, id: 'glad', score: 10 })).toMatchObject({
    status: 201,
    body: { case: null },
  });
});

it('leads a case from opening to root cause', async () => {
  await post('feedback', { id: 'led', ...angry });
  const step = (name: string, body: object, once: string) => post(`cases/case-led/${name}`, body, { once });
  expect(await step('act', { by: 'kim', action: 'called-back' }, '0')).toMatchObject({
    status: 422,
    body: { code: 'case_not_assigned' },
  });
  expect(await step('assign', { assignee: 'kim' }, '1')).toMatchObject({
    status: 200,
    body: { case: 'case-led', status: 'open' },
  });
  expect((await ask('cases?status=open&assignee=kim')).body['items']).toMatchObject([{ id: 'case-led', score: 1 }]);
  expect(await step('act', { by: 'kim', action: 'called-back', note: 'sorry' }, '2')).toMatchObject({ status: 200 });
  expect(await step('resolve', { by: 'kim', rootCause: 'machine-broken' }, '3')).toMatchObject({
    body: { status: 'resolved' },
  });
  expect(await step('resolve', { by: 'kim', rootCause: 'machine-broken' }, '3')).toMatchObject({
    status: 200,
    replayed: true,
  });
  expect(await step('resolve', { by: 'kim', rootCause: 'other' }, '3')).toMatchObject({ status: 409 });
  expect(await step('assign', { assignee: 'lee' }, '4')).toMatchObject({
    status: 422,
    body: { code: 'case_already_resolved' },
  });
  expect((await ask('cases?status=open&assignee=kim')).body['items']).toEqual([]);
});

it('opens comments only for keys that may read them', async () => {
  await post('feedback', { id: 'said', ...angry });
  const comment = async (key: Key): Promise<unknown> => {
    const { history } = (await ask('cases/case-said', key)).body as { history: { comment?: unknown }[] };
    return history[0]?.comment;
  };
  expect(await comment('agent')).toEqual({ text: 'cold coffee' });
  expect(await comment('supervisor')).toBe('hidden');
});

it('takes anonymous answers, and follows their cases too', async () => {
  const { member: _, ...nobody } = angry;
  expect(await post('feedback', { id: 'nobody', ...nobody })).toMatchObject({
    status: 201,
    body: { case: 'case-nobody' },
  });
  expect(await post('cases/case-nobody/assign', { assignee: 'kim' }, { once: 'n' })).toMatchObject({ status: 200 });
  const { body } = await ask('cases/case-nobody');
  expect(body).not.toHaveProperty('member');
  expect(body).toMatchObject({ assignee: 'kim', history: [{ comment: { text: 'cold coffee' } }, {}, {}] });
});

it('pages through cases', async () => {
  const seen: unknown[] = [];
  for (let cursor = ''; ;) {
    const { body } = await ask(`cases?limit=2${cursor}`);
    const { items, next } = body as { items: { id: string }[]; next: string | null };
    seen.push(...items.map(({ id }) => id));
    if (next === null) break;
    cursor = `&cursor=${next}`;
  }
  expect([...new Set(seen)].sort()).toEqual(['case-led', 'case-nobody', 'case-once', 'case-said']);
  expect(seen).toHaveLength(4);
});

it.each([
  ['score', { id: 'x', ...angry, score: 11 }, 422, 'score_out_of_range'],
  ['member', { id: 'x2', ...angry, member: 'kim@example.org' }, 422, 'member_id_personal'],
  ['at', { id: 'x3', ...angry, at: '2999-01-01T00:00:00Z' }, 422, 'answer_in_future'],
  ['at', { id: 'x4', ...angry, at: 'yesterday' }, 400, 'bad_input'],
  ['kind', { id: 'x5', ...angry, kind: 'ces' }, 400, 'bad_input'],
  ['id', { ...angry }, 400, 'bad_input'],
  ['mood', { id: 'x6', ...angry, mood: 'bad' }, 400, 'bad_input'],
])('tells what is wrong with %s', async (field, body, status, code) => {
  expect(await post('feedback', body)).toMatchObject({ status, body: { code, errors: [{ pointer: `/${field}` }] } });
});

it('knows no case that was never opened, and wants a key for each step', async () => {
  const missing = { status: 404, body: { code: 'case_not_found' } };
  expect(await ask('cases/case-none')).toMatchObject(missing);
  expect(await post('cases/case-none/assign', { assignee: 'kim' }, { once: 'z' })).toMatchObject(missing);
  expect(await post('cases/case-once/assign', { assignee: 'kim' })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/Idempotency-Key', in: 'header' }] },
  });
});

it('answers each key only what it may', async () => {
  expect((await ask('cases', 'shop')).status).toBe(403);
  expect((await post('feedback', { id: 'no', ...angry }, { key: 'supervisor' })).status).toBe(403);
});
