import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { EmbeddedEventLog } from '@loyalty/event-log';
import { createHttpApp, createLogger, fixedKeys, readEnvironment, type LogFollower } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { Webhook } from 'standardwebhooks';
import { startReceiver, status, type Receiver } from './receiver.fixture.ts';
import { WEBHOOK_FOLLOWER } from './tokens.ts';
import { eventually, happen, installForTests, places } from './webhooks.fixture.ts';
import { WebhooksModule } from './webhooks.module.ts';

let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let transport: EmbeddedEventLog;
let receiver: Receiver;
let url: string;

beforeAll(async () => {
  copy = await testDatabase({ name: 'webhooks', prepare: installForTests });
  database = await openDatabase({ url: copy.url, entities: [], name: 'webhooks spec', max: 8 });
  receiver = await startReceiver();
  app = await createHttpApp({
    title: 'Test',
    modules: [WebhooksModule.forRoot({ privateTargets: true, poll_ms: 20, timeout_ms: 500 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ admin: ['webhooks:*'], reader: ['webhooks:read'], till: ['points:*'] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  transport = new EmbeddedEventLog({ pool: database.pool, pollMs: 20 });
  await app.listen(0, '127.0.0.1');
  await app.get<LogFollower>(WEBHOOK_FOLLOWER).start(transport, places());
  url = await app.getUrl();
});
afterAll(async () => {
  await app.get<LogFollower>(WEBHOOK_FOLLOWER).close();
  await transport.close();
  await app.close();
  await receiver.close();
  await database.close();
  await copy.close();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function ask(method: string, path: string, body?: object, key = 'admin'): Promise<Answer> {
  const response = await fetch(`${url}/v1/webhooks${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
}

const crm = () => ({ id: 'crm', url: receiver.url, types: ['points.*'] });

it('a webhook is made once, shows its secret once, and can be changed, stopped, listed and removed', async () => {
  const made = await ask('POST', '', { ...crm(), description: 'points' });
  expect(made).toMatchObject({
    status: 201,
    body: { id: 'crm', enabled: true, failures: 0, behind: false, secret: expect.stringMatching(/^whsec_/) },
  });
  const again = await ask('POST', '', { ...crm(), description: 'points' });
  expect(again.status).toBe(200);
  expect(again.body).not.toHaveProperty('secret');
  expect(await ask('POST', '', { ...crm(), types: ['*'] })).toMatchObject({
    status: 409,
    body: { code: 'webhook_exists' },
  });
  expect(await ask('PATCH', '/crm', { types: ['points.*', 'tier.changed.v1'], enabled: false })).toMatchObject({
    status: 200,
    body: { enabled: false, disabledBecause: 'request', types: ['points.*', 'tier.changed.v1'] },
  });
  expect(await ask('GET', '/crm')).toMatchObject({ body: { enabled: false, description: 'points' } });
  await ask('POST', '', { ...crm(), id: 'bi' });
  const first = await ask('GET', '?limit=1');
  expect(first.body).toMatchObject({ items: [{ id: 'bi' }], next: expect.any(String) });
  const second = await ask('GET', `?limit=1&cursor=${String(first.body['next'])}`);
  expect(second.body).toMatchObject({ items: [{ id: 'crm' }], next: null });
  expect(JSON.stringify([first, second])).not.toContain('whsec_');
  for (const id of ['crm', 'bi']) expect((await ask('DELETE', `/${id}`)).status).toBe(204);
  expect(await ask('GET', '/crm')).toMatchObject({ status: 404, body: { code: 'webhook_not_found' } });
});

it('events arrive signed with the secret, and the attempts are listed, the latest first', async () => {
  const { body } = await ask('POST', '', crm());
  receiver.got.length = 0;
  await happen(
    database.pool,
    'points',
    [1, 2, 3].map((n) => ({ type: 'points.earned.v1', subject: 'm-1', data: { n } })),
  );
  const [got] = await receiver.received(3);
  new Webhook(String(body['secret'])).verify(got?.body ?? '', got?.headers ?? {});
  const all = await eventually(async () => {
    const listed = await ask('GET', '/crm/deliveries?limit=2', undefined, 'reader');
    const rest = await ask('GET', `/crm/deliveries?cursor=${String(listed.body['next'])}`);
    const items = [...(listed.body['items'] as Answer['body'][]), ...((rest.body['items'] as Answer['body'][]) ?? [])];
    return items.length === 3 && items;
  });
  expect(all.map(({ event }) => event)).toEqual(receiver.got.map(({ event }) => event.id).toReversed());
  expect(all[0]).toMatchObject({
    outcome: 'delivered',
    attempt: 1,
    status: 204,
    type: 'points.earned.v1',
    position: '3',
  });
  expect((await ask('GET', '/crm/deliveries?failed=true')).body).toEqual({ items: [], next: null });
  expect(await ask('GET', '/crm/deliveries?cursor=abc')).toMatchObject({
    status: 400,
    body: { code: 'invalid_cursor' },
  });
  await ask('DELETE', '/crm');
});

it('a ping tells what came of it, also of a webhook that is stopped', async () => {
  const { body } = await ask('POST', '', crm());
  await ask('PATCH', '/crm', { enabled: false });
  receiver.got.length = 0;
  expect(await ask('POST', '/crm/ping')).toMatchObject({ status: 200, body: { delivered: true, status: 204 } });
  new Webhook(String(body['secret'])).verify(receiver.got[0]?.body ?? '', receiver.got[0]?.headers ?? {});
  expect(receiver.got[0]?.event.type).toBe('webhook.ping');
  receiver.answer = status(401);
  expect((await ask('POST', '/crm/ping')).body).toMatchObject({
    delivered: false,
    status: 401,
    reason: 'answered 401',
  });
  receiver.answer = () => undefined;
  expect((await ask('POST', '/crm/ping')).body).toMatchObject({ delivered: false, reason: 'no answer in 500 ms' });
  receiver.answer = status(204);
  await ask('DELETE', '/crm');
});

it('a new secret takes over from the one before, which goes on for a while', async () => {
  const { body } = await ask('POST', '', crm());
  const { status: code, body: rotated } = await ask('POST', '/crm/secret', { graceHours: 1 });
  expect(code).toBe(201);
  receiver.got.length = 0;
  await ask('POST', '/crm/ping');
  for (const secret of [body['secret'], rotated['secret']])
    new Webhook(String(secret)).verify(receiver.got[0]?.body ?? '', receiver.got[0]?.headers ?? {});
  const { body: last } = await ask('POST', '/crm/secret', { graceHours: 0 });
  await ask('POST', '/crm/ping');
  new Webhook(String(last['secret'])).verify(receiver.got[1]?.body ?? '', receiver.got[1]?.headers ?? {});
  expect(receiver.got[1]?.headers['webhook-signature']?.split(' ')).toHaveLength(1);
  await ask('DELETE', '/crm');
});

it('a replay goes back, and its answer says where to', async () => {
  await ask('POST', '', crm());
  receiver.got.length = 0;
  expect(await ask('POST', '/crm/replay', { from: '2020-01-01T00:00:00Z' })).toMatchObject({
    status: 202,
    body: { places: [{ source: 'points', position: '0' }] },
  });
  await receiver.received(3);
  await ask('DELETE', '/crm');
});

it.each([
  ['POST', '', { ...{ id: 'a b' }, url: 'https://example.com', types: ['*'] }, '/id'],
  ['POST', '', { id: 'x', url: 'http://example.com', types: ['*'] }, '/url'],
  ['POST', '', { id: 'x', url: 'https://169.254.169.254/', types: ['*'] }, '/url'],
  ['POST', '', { id: 'x', url: 'https://u:p@example.com/', types: ['*'] }, '/url'],
  ['POST', '', { id: 'x', url: 'https://example.com', types: ['*', 'poinst.*'] }, '/types/1'],
  ['POST', '', { id: 'x', url: 'https://example.com', types: [] }, '/types'],
  ['POST', '', { id: 'x', url: 'https://example.com', types: ['*'], secret: 'mine' }, '/secret'],
  ['POST', '/x/replay', { from: 'yesterday' }, '/from'],
  ['POST', '/x/replay', {}, ''],
  ['POST', '/x/replay', { after: { source: 'points', shard: 99, position: 1 } }, '/after/shard'],
  ['POST', '/x/replay', { after: { source: 'nobody', shard: 0, position: 1 } }, '/after/source'],
  ['POST', '/x/secret', { graceHours: 1000 }, '/graceHours'],
])('%s %s %j is a 400 that points at %s', async (method, path, body, pointer) => {
  expect(await ask(method, path, body)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
});

it.each([
  ['GET', '/x', undefined],
  ['PATCH', '/x', { enabled: true }],
  ['DELETE', '/x', undefined],
  ['POST', '/x/secret', {}],
  ['POST', '/x/ping', undefined],
  ['POST', '/x/replay', { from: '2020-01-01T00:00:00Z' }],
  ['GET', '/x/deliveries', undefined],
])('%s %s of no webhook is a 404', async (method, path, body) => {
  expect(await ask(method, path, body)).toMatchObject({ status: 404, body: { code: 'webhook_not_found' } });
});

it('needs its own scopes', async () => {
  expect((await ask('GET', '', undefined, 'till')).status).toBe(403);
  expect((await ask('POST', '', crm(), 'reader')).status).toBe(403);
  expect((await ask('GET', '', undefined, 'reader')).status).toBe(200);
});

it('health tells of a receiver that fails without being unready', async () => {
  await ask('POST', '', crm());
  const health = async (): Promise<unknown> => {
    const { details } = (await (await fetch(`${url}/health/ready`)).json()) as { details: Record<string, unknown> };
    return details['webhooks'];
  };
  expect(await health()).toMatchObject({ status: 'up', webhooks: 1, failing: 0, disabled: 0 });
  receiver.answer = status(500);
  await happen(database.pool, 'points', [{ type: 'points.earned.v1', subject: 'm-9' }]);
  await eventually(async () => ((await health()) as { failing: number }).failing === 1);
  expect(await health()).toMatchObject({ status: 'up', degraded: 'crm fails' });
  receiver.answer = status(410);
  await ask('PATCH', '/crm', { enabled: true });
  await eventually(async () => ((await health()) as { disabled: number }).disabled === 1);
  expect(await health()).toMatchObject({ status: 'up', degraded: 'crm is disabled, its receiver takes nothing' });
  receiver.answer = status(204);
  await ask('DELETE', '/crm');
});
