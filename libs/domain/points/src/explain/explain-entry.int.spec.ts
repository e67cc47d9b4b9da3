import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { rating, returning } from '../core/scenario.fixture.ts';
import type { Rate } from '../core/input.ts';
import { POSTING_EVENTS } from '../projections/postings.ts';
import { installForTests, learnPrograms, tell } from '../points.fixture.ts';
import { pointsEntities } from '../points-entities.ts';
import { openLotWork, settleWork } from '../points-work.ts';
import { PointsModule } from '../points.module.ts';
import type { PointsWriter } from '../points-writer.ts';
import { POINTS_WRITER } from '../tokens.ts';
import type { EntryExplanation } from './entries.controller.ts';

const DAY_MS = 86_400_000;
let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let writer: PointsWriter;
let url: string;

beforeAll(async () => {
  copy = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'explain spec', entities: [...pointsEntities] });
  app = await createHttpApp({
    title: 'Test',
    modules: [PointsModule.forRoot({ validate: true, sweepMs: 0 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ office: ['points:*'], nobody: [] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  writer = app.get(POINTS_WRITER);
  await learnPrograms(writer, 'club');
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

async function ask<T>(path: string, headers: Record<string, string> = {}, key = 'office') {
  const response = await fetch(`${url}/v1/${path}`, { headers: { authorization: `Bearer ${key}`, ...headers } });
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
}

async function post(path: string, key: string, body: object): Promise<void> {
  const headers = { authorization: 'Bearer office', 'content-type': 'application/json', 'idempotency-key': key };
  const response = await fetch(`${url}/v1/members/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (response.status !== 201) throw new Error(await response.text());
}

type Positions = { items: { type: string; position: string }[] };
const positionsOf = async (member: string): Promise<[type: string, position: string][]> =>
  (await ask<Positions>(`members/${member}/entries?limit=500`)).body.items.map(({ type, position }) => [
    type,
    position,
  ]);
const explain = (position: string, headers = {}) => ask<EntryExplanation>(`entries/${position}/explanation`, headers);
const explainFirst = async (member: string, type: string, headers = {}): Promise<EntryExplanation> => {
  const found = (await positionsOf(member)).findLast((entry) => entry[0] === type);
  return (await explain(found![1], headers)).body;
};

const ago = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
const bought = (id: string, points: number, more: Partial<Rate['rating']> = {}, first = true): Rate =>
  rating(id, ago(100), points, more, first);

/** Every kind of entry there is, of two members. */
async function live(): Promise<void> {
  await tell(writer, 'm-life', bought('life-1', 100, { shortfall: 'otherLots' }));
  await tell(writer, 'm-life', bought('life-2', 50, { expiresAt: ago(50) }));
  await post('m-life/reservations', 'life-v1', { points: 30, reference: 'till-3/1' });
  await post('m-life/reservations/life-v1/capture', 'life-v1c', { points: 20 });
  await post('m-life/reservations', 'life-v2', { points: 5 });
  await post('m-life/reservations/life-v2/void', 'life-v2v', {});
  await post('m-life/redemptions', 'life-r1', { points: 40 });
  await post('m-life/redemptions/life-r1/undo', 'life-u1', { points: 10 });
  await post('m-life/adjustments', 'life-a1', { points: 25, reason: 'late delivery', expiresAt: null });
  await post('m-life/adjustments', 'life-a2', { points: -5, reason: 'wrong member' });
  await post('m-life/transfers', 'life-t1', { to: 'm-friend', points: 15 });
  await tell(writer, 'm-life', bought('life-1', 110, { shortfall: 'otherLots' }, false));
  await tell(writer, 'm-life', bought('life-3', 500));
  await tell(writer, 'm-life', returning('life-x', ago(2), { 'life-1': 110 }));
  await writer.execute(
    openLotWork('m-life', {
      program: 'club',
      points: 7,
      reference: 'o-1',
      earnedAt: 0,
      activeFrom: 0,
      expiresAt: null,
    }),
  );
  await post('m-life/reservations', 'life-v3', { points: 3, ttl: 'PT1S' });
  for (let ended = false; !ended;) {
    await writer.execute(settleWork('m-life'));
    ended = (await positionsOf('m-life')).some(([type]) => type === 'released');
  }
}

it('explains every kind of entry, in both languages, with buckets that add up', async () => {
  await live();
  const entries = [...(await positionsOf('m-life')), ...(await positionsOf('m-friend'))];
  expect(new Set(entries.map(([type]) => `points.${type}.v1`))).toEqual(new Set(POSTING_EVENTS));
  for (const [type, position] of entries) {
    const { status, body } = await explain(position);
    expect([position, status]).toEqual([position, 200]);
    expect(body).toMatchObject({ entry: { type, position }, language: 'en', timeZone: 'UTC' });
    const now = Object.fromEntries(body.buckets.map(({ bucket, after }) => [bucket, after]));
    const { issued = 0, received = 0, owed = 0, ...others } = now;
    expect(issued + received).toBe(Object.values(others).reduce((sum, points) => sum + points, 0) - owed);
    expect(Object.values(now).every((points) => points >= 0)).toBe(true);
    const chinese = (await explain(position, { 'accept-language': 'zh-CN' })).body;
    expect(chinese.language).toBe('zh-CN');
    expect(chinese.text).toHaveLength(body.text.length);
    for (const sentence of [...body.text, ...chinese.text]) expect(sentence).not.toMatch(/undefined|null|NaN|Invalid/);
  }
}, 60_000);

it('says what a purchase earned, until when, and where its rating is run again', async () => {
  const told = await explainFirst('m-life', 'earned');
  expect(told).toMatchObject({
    member: 'm-life',
    cause: { kind: 'purchase', document: { source: 'shop', id: 'life-1' } },
    rating: null,
    lots: [{ lot: 'shop/life-1', origin: 'purchase', postings: { issued: -100, held: 100 } }],
    buckets: [
      { bucket: 'issued', before: 0, change: 100, after: 100 },
      { bucket: 'held', before: 0, change: 100, after: 100 },
    ],
    links: { rating: '/v1/ratings/shop/life-1?recompute=true' },
  });
  expect(told.text).toEqual([
    expect.stringMatching(/^Purchase shop\/life-1 of .* earned 100 points\.$/),
    'Rated by version v1 of the program, in force since 1 Jan 2020, 00:00.',
    expect.stringMatching(/^They can be spent from .* on; they never expire\.$/),
    'The balance was 0 before and 100 after it.',
  ]);
});

it('says from which lots points were taken and to which they went back', async () => {
  const spent = await explainFirst('m-life', 'captured');
  expect(spent.cause).toEqual({ kind: 'command', command: { kind: 'capture' } });
  expect(spent.text).toContain('Taken from the lots that expire first: 20 of purchase shop/life-1.');
  expect(spent.text).toContain('Given back to their lots: 10 of purchase shop/life-1.');
  expect(spent.lots).toMatchObject([{ postings: { held: 10, reserved: -30, spent: 20 } }]);
  const sent = await explainFirst('m-life', 'sent');
  expect(sent).toMatchObject({ cause: { command: { kind: 'transfer', key: 'life-t1' } }, entry: { to: 'm-friend' } });
  const received = await explainFirst('m-friend', 'received', { 'accept-language': 'zh' });
  expect(received.text[0]).toMatch(/收到会员 m-life 转赠的 15 积分，有效期不变。$/);
});

it('says what a return could not take back, who owes it, and what repaid it', async () => {
  const returned = await explainFirst('m-life', 'reversed');
  const short = returned.buckets.find(({ bucket }) => bucket === 'owed')?.change ?? 0;
  expect(short).toBeGreaterThan(0);
  expect(returned.text).toContain(`The lot no longer had ${short} points of that.`);
  expect(returned.text).toContain(`The member owes ${short} points more: points that become active repay them first.`);
  const repaid = await explainFirst('m-life', 'repaid');
  expect(repaid.cause).toEqual({ kind: 'debt' });
  // Other lots pay what was spent; what was sent away stays owed.
  expect(repaid.text).toContain('The member owes 60 points less.');
});

it('says that an expiry has no cause but the time, and names its lot', async () => {
  const expired = await explainFirst('m-life', 'expired');
  expect(expired.cause).toEqual({ kind: 'time' });
  expect(expired.lots).toMatchObject([{ lot: 'shop/life-2', rating: '/v1/ratings/shop/life-2?recompute=true' }]);
  expect(expired.text[0]).toMatch(/^50 points of purchase shop\/life-2 expired at /);
});

it('takes the language from `lang` before Accept-Language, and says which it is', async () => {
  const [, position] = (await positionsOf('m-friend'))[0]!;
  const { headers, body } = await ask<EntryExplanation>(`entries/${position}/explanation?lang=zh-CN`, {
    'accept-language': 'en',
  });
  expect(body.language).toBe('zh-CN');
  expect(headers.get('content-language')).toBe('zh-CN');
  expect(headers.get('vary')).toBe('Accept-Language');
});

it('answers what is no entry with a problem', async () => {
  expect(await ask('entries/0/999999/explanation')).toMatchObject({ status: 404, body: { code: 'unknown_entry' } });
  // The program's terms stand at the first position of every shard: no member's entry.
  expect(await ask('entries/0/1/explanation')).toMatchObject({ status: 404 });
  expect(await ask('entries/0/x/explanation')).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/position', in: 'path' }] },
  });
  expect(await ask('entries/0/1/explanation?lang=de')).toMatchObject({ status: 400 });
  expect(await ask('entries/0/1/explanation', {}, 'nobody')).toMatchObject({ status: 403 });
});
