import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment, type Problem } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { takeStep } from '../inbound/inbound-store.ts';
import { installForTests } from '../purchases.fixture.ts';
import { PurchasesModule } from '../purchases.module.ts';
import { deadLetterCheck } from './dead-letter-check.ts';
import type { DeadLetterDetail, DeadLetterView } from './dead-letter.ts';

let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let url: string;
let offset = 0;

beforeAll(async () => {
  copy = await testDatabase({ name: 'purchases', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'dead letters spec' });
  app = await createHttpApp({
    title: 'Test',
    modules: [PurchasesModule.forRoot({ validate: true })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ kim: ['purchases:*'], reader: ['purchases:read'], till: ['points:*'] }),
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

const purchase = (id: string, quantity = '2') => {
  const lines = [{ item: 'coffee', quantity, unitPrice: '2.50' }];
  return { source: 'till', id, member: 'm-1', at: '2026-06-06T10:00:00+08:00', currency: 'CNY', lines };
};
const place = { topic: 'purchases.inbound', topicId: '0190c7d2-0000-7000-8000-000000000001', partition: 3 };
const problem = { code: 'not_a_decimal', pointer: '/lines/0/quantity', message: 'Expected a decimal number.' };

/** Gives the id of a dead letter that held this. */
async function letter(sent: unknown, found = problem): Promise<string> {
  const body = Buffer.isBuffer(sent) ? sent : Buffer.from(typeof sent === 'string' ? sent : JSON.stringify(sent));
  const letters = [{ offset: ++offset, key: Buffer.from('till'), body, headers: { a: 'b' }, problem: found }];
  await takeStep(database.pool, place, { letters, next: offset + 1, lost: 0 });
  const { rows } = await database.pool.query<{ id: number }>('SELECT max(id) AS id FROM purchases.dead_letters');
  return String(rows[0]?.id);
}

async function ask<Body = Partial<Problem> & Partial<DeadLetterDetail>>(
  method: string,
  path: string,
  body?: unknown,
  key = 'kim',
) {
  const response = await fetch(`${url}/v1/dead-letters${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
}

const resubmit = (id: string, document?: unknown) => ask('POST', `/${id}/resubmit`, { document });

async function recorded(prefix: string): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM purchases.events WHERE data::json ->> 'id' LIKE $1`,
    [`${prefix}%`],
  );
  return rows[0]?.n ?? 0;
}

describe('dead letters', () => {
  it('are listed in pages, by state and reason, and shown with what was sent', async () => {
    const [first, second, third] = [
      await letter('{'),
      await letter(Buffer.from([0xff, 0])),
      await letter('x', { ...problem, code: 'other' }),
    ];
    const page = await ask<{ items: DeadLetterView[]; next: string }>('GET', '?limit=2');
    expect(page.body.items.map(({ id }) => id)).toEqual([first, second]);
    const rest = await ask<{ items: DeadLetterView[] }>('GET', `?limit=2&cursor=${encodeURIComponent(page.body.next)}`);
    expect(rest.body.items.map(({ id }) => id)).toEqual([third]);
    const others = await ask<{ items: DeadLetterView[] }>('GET', '?code=other&state=waiting');
    expect(others.body.items).toEqual([
      {
        id: third,
        topic: 'purchases.inbound',
        partition: 3,
        offset: String(offset),
        receivedAt: expect.stringMatching(/Z$/),
        key: 'till',
        ...problem,
        code: 'other',
        state: 'waiting',
      },
    ]);
    expect((await ask('GET', `/${first}`)).body).toMatchObject({ body: '{', encoding: 'utf-8', headers: { a: 'b' } });
    expect((await ask('GET', `/${second}`)).body).toMatchObject({ body: '/wA=', encoding: 'base64' });
    expect((await ask('GET', '?state=discarded')).body).toEqual({ items: [], next: null });
  });

  it('need a key that may', async () => {
    const id = await letter('{');
    expect((await ask('GET', '', undefined, 'till')).status).toBe(403);
    expect((await ask('GET', `/${id}`, undefined, 'reader')).status).toBe(200);
    expect((await ask('POST', `/${id}/discard`, { reason: 'x' }, 'reader')).status).toBe(403);
  });

  it.each(['0', '999999', 'x', '1e3', '99999999999999999999'])('%s is none', async (id) => {
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['POST', '/resubmit', {}],
      ['POST', '/discard', { reason: 'x' }],
    ] as const) {
      expect(await ask(method, `/${id}${path}`, body)).toMatchObject({
        status: 404,
        body: { code: 'dead_letter_not_found' },
      });
    }
  });
});

describe('a resubmission', () => {
  it('records the corrected document once, and gives the same answer again', async () => {
    const id = await letter(purchase('corrected', 'two'));
    const first = await resubmit(id, purchase('corrected'));
    expect([first.status, first.body]).toEqual([201, { source: 'till', id: 'corrected', status: 'recorded' }]);
    for (const document of [purchase('corrected'), undefined]) {
      const again = await resubmit(id, document);
      expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([200, first.body, 'true']);
    }
    expect(await resubmit(id, purchase('corrected too'))).toMatchObject({
      status: 409,
      body: { code: 'dead_letter_resubmitted' },
    });
    expect(await recorded('corrected')).toBe(1);
    expect((await ask('GET', `/${id}`)).body).toMatchObject({
      state: 'resubmitted',
      settledBy: 'kim',
      answer: first.body,
      body: null,
      headers: {},
    });
    expect(await ask('POST', `/${id}/discard`, { reason: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'dead_letter_resubmitted' },
    });
  });

  it('of the same letter as two documents at once records one of them', async () => {
    const id = await letter('{');
    const answers = await Promise.all([1, 2, 3, 4].map((n) => resubmit(id, purchase(`race-${n}`))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect(await recorded('race-')).toBe(1);
  });

  it('records what was sent where nothing is wrong with it any more', async () => {
    const id = await letter(purchase('as sent'));
    expect((await ask('POST', `/${id}/resubmit`)).status).toBe(201);
    expect((await ask('POST', `/${id}/resubmit`, {})).status).toBe(200);
    expect(await recorded('as sent')).toBe(1);
  });

  it('tells what is still wrong, and leaves the letter as it was', async () => {
    const id = await letter(purchase('still', 'two'));
    expect(await resubmit(id)).toMatchObject({
      status: 400,
      body: { code: 'not_a_decimal', detail: expect.stringContaining('`document`') },
    });
    expect(await resubmit(id, purchase('still', 'three'))).toMatchObject({
      status: 400,
      body: { code: 'not_a_decimal', errors: [{ pointer: '/lines/0/quantity' }] },
    });
    expect(await resubmit(id, [])).toMatchObject({ status: 400, body: { errors: [{ pointer: '/document' }] } });
    expect((await ask('GET', `/${id}`)).body).toMatchObject({ state: 'waiting', body: expect.stringContaining('two') });
  });

  it('that is refused or in conflict lets it wait for that reason, to be corrected again', async () => {
    const id = await letter('{');
    const future = { ...purchase('future'), at: '2999-01-01T00:00:00Z' };
    expect(await resubmit(id, future)).toMatchObject({ status: 422, body: { code: 'at_in_future' } });
    expect((await ask('GET', `/${id}`)).body).toMatchObject({ state: 'waiting', code: 'at_in_future', body: '{' });
    await resubmit(await letter('{'), purchase('taken'));
    expect(await resubmit(id, purchase('taken', '3'))).toMatchObject({ status: 409, body: { code: 'key_reused' } });
    expect((await ask('GET', `/${id}`)).body).toMatchObject({ state: 'waiting', code: 'key_reused' });
    expect((await resubmit(id, purchase('free'))).status).toBe(201);
  });

  it('that a crash interrupted can only be finished as it was begun', async () => {
    const id = await letter('{');
    await database.pool.query('UPDATE purchases.dead_letters SET document = $2 WHERE id = $1', [
      id,
      JSON.stringify(purchase('begun')),
    ]);
    expect(await resubmit(id, purchase('another'))).toMatchObject({
      status: 409,
      body: { code: 'dead_letter_resubmitted' },
    });
    expect((await ask('POST', `/${id}/discard`, { reason: 'x' })).status).toBe(409);
    expect(await resubmit(id)).toMatchObject({ status: 201, body: { id: 'begun' } });
  });
});

describe('a discard', () => {
  it('is kept with its reason and who said so; what was sent is forgotten', async () => {
    const id = await letter('{');
    const first = await ask('POST', `/${id}/discard`, { reason: 'a test' });
    expect(first).toMatchObject({ status: 201, body: { state: 'discarded', reason: 'a test', settledBy: 'kim' } });
    expect(await ask('POST', `/${id}/discard`, { reason: 'a test' })).toMatchObject({ status: 200, body: first.body });
    expect(await ask('POST', `/${id}/discard`, { reason: 'b' })).toMatchObject({
      status: 409,
      body: { code: 'dead_letter_discarded' },
    });
    expect(await resubmit(id, purchase('gone'))).toMatchObject({
      status: 409,
      body: { code: 'dead_letter_discarded' },
    });
    expect((await ask('GET', `/${id}`)).body).toMatchObject({ body: null });
    expect((await ask('POST', `/${id}/discard`, {})).status).toBe(400);
  });
});

describe('the proof', () => {
  const prove = () => deadLetterCheck.run(database.pool, 0);
  const letters = (change: string) => database.pool.query(`UPDATE purchases.dead_letters SET ${change}`);

  beforeEach(() => database.pool.query('TRUNCATE purchases.dead_letters, purchases.inbound_offsets'));

  it('tells what waits, which is no defect', async () => {
    expect(await prove()).toEqual({ ok: true, checked: 0, problems: [] });
    const [first] = [await letter('{'), await letter('{')];
    await takeStep(database.pool, place, {
      letters: [
        {
          offset: 900,
          key: null,
          body: Buffer.from('{}'),
          headers: {},
          problem: { ...problem, code: 'unknown_purchase' },
        },
      ],
      next: 1_000,
      lost: 3,
    });
    const told = (waiting: number) =>
      `sent over Kafka and not recorded: ${waiting} waiting to be corrected (loyalty dead-letters list), ` +
      '1 too early (returns, tried again until their purchase is there), 3 deleted from the topic before they were read';
    expect(await prove()).toEqual({ ok: true, checked: 0, problems: [], note: told(2) });
    await resubmit(first, purchase('proved'));
    expect(await prove()).toEqual({ ok: true, checked: 1, problems: [], note: told(1) });
  });

  it('misses a document that a letter was answered to be recorded as', async () => {
    const id = await letter('{');
    await resubmit(id, purchase('there'));
    await letters(`answer = '{"source":"till","id":"not there","status":"recorded"}'`);
    expect(await prove()).toEqual({
      ok: false,
      checked: 1,
      problems: [`dead letter ${id} was recorded as till/not there, which is not there`],
    });
  });
});
