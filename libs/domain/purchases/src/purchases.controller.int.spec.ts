import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { installForTests } from './purchases.fixture.ts';
import { PurchasesModule } from './purchases.module.ts';

const KEYS = { till: ['purchases:write'], reader: ['purchases:read'], shop: ['purchases:*'] };
let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let url: string;

beforeAll(async () => {
  copy = await testDatabase({ name: 'purchases', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'purchases spec' });
  app = await createHttpApp({
    title: 'Test',
    modules: [PurchasesModule.forRoot({ validate: true })],
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

interface Told {
  status: number;
  replayed: boolean;
  body: Record<string, unknown> & { items?: { status: number; problem?: { code: string } }[] };
}

async function send(method: string, path: string, body?: unknown, key: keyof typeof KEYS = 'shop'): Promise<Told> {
  const response = await fetch(`${url}/v1/purchases${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const replayed = response.headers.get('idempotency-replayed') === 'true';
  return { status: response.status, replayed, body: (await response.json()) as Told['body'] };
}
const post = (body: unknown, path = ''): Promise<Told> => send('POST', path, body);
const get = (id: string): Promise<Told> => send('GET', `/till/${id}`);

const coffee = { item: 'coffee', quantity: '2', unitPrice: '2.50' };
const purchase = (id: string, more: object = {}): object => ({
  source: 'till',
  id,
  member: 'm-1',
  at: '2026-06-06T10:00:00+08:00',
  currency: 'CNY',
  lines: [coffee],
  ...more,
});

it('records a purchase once, and tells the same and another body apart', async () => {
  const answer = { source: 'till', id: 'once', status: 'recorded' };
  expect(await post(purchase('once'))).toEqual({ status: 201, replayed: false, body: answer });
  const sameWrittenOtherwise = purchase('once', { lines: [{ ...coffee, unitPrice: '2.5', line: 1 }], tenders: [] });
  expect(await post(sameWrittenOtherwise)).toEqual({ status: 200, replayed: true, body: answer });
  expect(await post(purchase('once', { store: 'harbour' }))).toMatchObject({
    status: 409,
    body: { code: 'key_reused' },
  });
});

it('shows a document as it stands: matched, amended, voided', async () => {
  const member = 'm-shown';
  await post(purchase('shown-1', { member }));
  const back = { member, at: '2026-06-08T10:00:00+08:00', lines: [{ ...coffee, quantity: '-1' }] };
  expect(await post(purchase('shown-2', back))).toMatchObject({ status: 201, body: { status: 'returned' } });
  await post(purchase('shown-3', { member, at: '2026-06-07T10:00:00+08:00' }));
  expect(await get('shown-2')).toMatchObject({
    status: 200,
    body: { status: 'returned', member, return: { lines: [{ matches: [{ id: 'shown-3', line: 1, quantity: '1' }] }] } },
  });
  expect(await post({ reason: 'mistyped' }, '/till/shown-3/void')).toMatchObject({
    status: 201,
    body: { status: 'voided' },
  });
  expect(await post({ reason: 'mistyped' }, '/till/shown-3/void')).toMatchObject({ status: 200, replayed: true });
  expect(await post({}, '/till/shown-3/void')).toMatchObject({ status: 409 });
  expect(await get('shown-3')).toMatchObject({
    body: { status: 'voided', voided: { reason: 'mistyped' }, purchase: { total: '5' } },
  });
  expect(await get('shown-2')).toMatchObject({ body: { return: { lines: [{ matches: [{ id: 'shown-1' }] }] } } });
  expect(await get('never')).toMatchObject({ status: 404, body: { code: 'unknown_purchase' } });
});

it('keeps a refusal, but not one that may change', async () => {
  await post(purchase('sold'));
  const over = purchase('over', { lines: [{ ...coffee, quantity: '-3', of: { id: 'sold' } }] });
  const refused = {
    status: 422,
    body: { code: 'return_exceeds_purchase', errors: [{ pointer: '/lines/0/quantity' }] },
  };
  expect(await post(over)).toMatchObject(refused);
  expect(await post(over)).toMatchObject(refused);
  expect(await post(purchase('over', { lines: [{ ...coffee, quantity: '-1' }] }))).toMatchObject({ status: 409 });
  const early = purchase('early', { member: undefined, lines: [{ ...coffee, quantity: '-1', of: { id: 'late' } }] });
  expect(await post(early)).toMatchObject({ status: 422, body: { code: 'unknown_purchase' } });
  await post(purchase('late'));
  expect(await post(early)).toMatchObject({ status: 201 });
  expect(await get('early')).toMatchObject({ body: { member: 'm-1', return: { lines: [{ unmatched: '0' }] } } });
  expect(
    await post(purchase('stolen', { member: 'm-2', lines: [{ ...coffee, quantity: '-1', of: { id: 'late' } }] })),
  ).toMatchObject({
    status: 422,
    body: { code: 'purchase_of_another_member' },
  });
  expect(await post({}, '/till/nothing/void')).toMatchObject({ status: 422, body: { code: 'unknown_purchase' } });
});

it('voids without a reason, and without a body', async () => {
  await post(purchase('void-me'));
  expect(await send('POST', '/till/void-me/void')).toMatchObject({ status: 201 });
  expect(await post({}, '/till/void-me/void')).toMatchObject({ status: 200 });
  expect(await post({ reason: '' }, '/till/void-me/void')).toMatchObject({ status: 400 });
  expect(await post({}, '/till/%00/void')).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/id', in: 'path' }] },
  });
  expect(await get('%00')).toMatchObject({ status: 400 });
});

it.each<[string, unknown, string, string]>([
  ['JSON that is none', '{"source":', '', 'malformed_json'],
  ['a field that is unknown', purchase('x', { colour: 'red' }), '/colour', 'unknown_field'],
  [
    'a negative price',
    purchase('x', { lines: [{ ...coffee, unitPrice: '-1' }] }),
    '/lines/0/unitPrice',
    'negative_price',
  ],
  [
    'a huge number',
    purchase('x', { lines: [{ ...coffee, quantity: '9'.repeat(30) }] }),
    '/lines/0/quantity',
    'number_too_large',
  ],
  ['a number for a text', purchase('x', { member: 5 }), '/member', 'wrong_type'],
  ['a currency that is none', purchase('x', { currency: 'ZZZ' }), '/currency', 'unknown_currency'],
  ['a date that is none', purchase('x', { at: '2026-02-30T00:00:00Z' }), '/at', 'invalid_time'],
  [
    'a quantity of nothing',
    purchase('x', { lines: [{ ...coffee, quantity: '0' }] }),
    '/lines/0/quantity',
    'zero_quantity',
  ],
])('tells %s with its field', async (_, body, pointer, code) => {
  expect(await post(body)).toMatchObject({ status: 400, body: { code, errors: [{ pointer }] } });
});

it('refuses members that are persons by name, and purchases of the future', async () => {
  expect(await post(purchase('x', { member: 'kim@example.org' }))).toMatchObject({
    status: 422,
    body: { code: 'member_id_personal' },
  });
  expect(await post(purchase('future', { at: '2999-01-01T00:00:00Z' }))).toMatchObject({
    status: 422,
    body: { code: 'at_in_future' },
  });
});

it('answers each document of a batch for itself', async () => {
  const documents = [
    purchase('b-1'),
    purchase('b-back', { member: undefined, lines: [{ ...coffee, quantity: '-1', of: { id: 'b-sold' } }] }),
    purchase('b-2', { currency: 'ZZZ' }),
    purchase('once', { store: 'elsewhere' }),
    purchase('b-3', { member: 'kim@example.org' }),
    purchase('b-1'),
    purchase('b-sold'),
    'text',
  ];
  const { status, body } = await post({ documents }, '/batch');
  expect(status).toBe(200);
  expect(body.items?.map((item) => [item.status, item.problem?.code])).toEqual([
    [201, undefined],
    [201, undefined],
    [400, 'unknown_currency'],
    [409, 'key_reused'],
    [422, 'member_id_personal'],
    [200, undefined],
    [201, undefined],
    [400, 'wrong_type'],
  ]);
  expect(body).toMatchObject({ accepted: 3, duplicate: 1, rejected: 4 });
  expect(await post({ documents: [] }, '/batch')).toMatchObject({ status: 400 });
  expect(await post({ documents: Array.from({ length: 1001 }, () => ({})) }, '/batch')).toMatchObject({ status: 400 });
});

it('lets a key do what its scopes say', async () => {
  expect(await send('POST', '', purchase('scoped'), 'reader')).toMatchObject({ status: 403 });
  expect(await send('GET', '/till/once', undefined, 'till')).toMatchObject({ status: 403 });
  expect((await fetch(`${url}/v1/purchases/till/once`)).status).toBe(401);
});
