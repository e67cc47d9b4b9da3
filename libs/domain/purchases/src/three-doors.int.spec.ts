import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment, type Problem } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { importFile } from './import/import-file.ts';
import { bytes } from './import/ledger.fixture.ts';
import { installForTests } from './purchases.fixture.ts';
import { PurchasesModule } from './purchases.module.ts';
import type { PurchasesWriter } from './purchases-writer.ts';
import { recordDocuments } from './record-documents.ts';
import { PURCHASES_WRITER } from './tokens.ts';

/** What a wrong document is told is the same alone, in a batch and in a file. */
let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let url: string;

beforeAll(async () => {
  copy = await testDatabase({ name: 'purchases', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'doors spec' });
  app = await createHttpApp({
    title: 'Test',
    modules: [PurchasesModule.forRoot({ validate: true })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ shop: ['*'] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  expect(await alone(purchase())).toBeUndefined();
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

const coffee = { item: 'coffee', quantity: '2', unitPrice: '2.50' };
const purchase = (change: object = {}, line: object = {}) => ({
  source: 'till',
  id: 'sold',
  member: 'm-1',
  at: '2026-06-06T10:00:00+08:00',
  currency: 'CNY',
  lines: [{ ...coffee, ...line }],
  ...change,
});
const x = { id: 'x' };

interface Told {
  readonly code: string;
  readonly reason: string | undefined;
}

async function post(path: string, body: unknown): Promise<unknown> {
  const headers = { authorization: 'Bearer shop', 'content-type': 'application/json' };
  return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

const tell = (problem: Partial<Problem> | undefined): Told | undefined =>
  problem?.code === undefined ? undefined : { code: problem.code, reason: problem.detail };

const alone = async (body: unknown) => tell((await post('/v1/purchases', body)) as Partial<Problem>);

async function inBatch(body: unknown): Promise<Told | undefined> {
  const answer = (await post('/v1/purchases/batch', { documents: [body] })) as { items: { problem?: Problem }[] };
  return tell(answer.items[0]?.problem);
}

async function inFile(body: unknown): Promise<Told | undefined> {
  const door = { pool: database.pool, writer: app.get<PurchasesWriter>(PURCHASES_WRITER, { strict: false }) };
  const { rejections } = await importFile({
    source: bytes(`${JSON.stringify(body)}\n`),
    record: (documents) => recordDocuments(door, documents),
  });
  const [first] = rejections;
  return first && { code: first.code, reason: first.reason };
}

it.each<[string, unknown, string, RegExp]>([
  ['a list', [purchase(x)], 'wrong_type', /got array/],
  ['a field that is missing', purchase({ ...x, at: undefined }), 'required', /^This field is missing\.$/],
  ['an unknown field', purchase({ ...x, colour: 'red' }), 'unknown_field', /"colour"/],
  ['a negative price', purchase(x, { unitPrice: '-1' }), 'negative_price', /^A price is not negative\.$/],
  ['a number for a decimal', purchase(x, { quantity: 1 }), 'number_not_text', /JSON number/],
  ['an unknown currency', purchase({ ...x, currency: 'ZZZ' }), 'unknown_currency', /"ZZZ"/],
  ['an impossible date', purchase({ ...x, at: '2026-02-30T00:00:00Z' }), 'invalid_time', /existing date/],
  ['the far future', purchase({ ...x, at: '2999-01-01T00:00:00Z' }), 'at_in_future', /ahead of our clock/],
  ['an e-mail address as member', purchase({ ...x, member: 'kim@example.org' }), 'member_id_personal', /opaque/],
  ['half a character', purchase({ ...x, store: '\ud83d' }), 'invalid_text', /surrogate/],
  ['an id that is taken', purchase({ store: 'elsewhere' }), 'key_reused', /another content/],
  [
    'more back than was sold',
    purchase({ id: 'back' }, { quantity: '-3', of: { id: 'sold' } }),
    'return_exceeds_purchase',
    /2 was/,
  ],
  [
    'several findings',
    purchase({ ...x, member: 'kim@example.org', currency: 'ZZZ' }, { quantity: '0' }),
    'unknown_currency',
    /^\/currency: .*"ZZZ".* \/member: .* \/lines\/0\/quantity: /,
  ],
])('tells %s alike at every door', async (_, body, code, reason) => {
  const told = await alone(body);
  expect(told).toEqual({ code, reason: expect.stringMatching(reason) as string });
  expect(await inBatch(body)).toEqual(told);
  expect(await inFile(body)).toEqual(told);
});
