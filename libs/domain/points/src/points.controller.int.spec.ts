import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { rating, returning } from './core/scenario.fixture.ts';
import { installForTests, tell } from './points.fixture.ts';
import { pointsEntities } from './points-entities.ts';
import { PointsModule } from './points.module.ts';
import type { PointsWriter } from './points-writer.ts';
import { rateOf } from './reactions.ts';
import { POINTS_WRITER } from './tokens.ts';

const KEYS = {
  till: ['points:read', 'points:write'],
  shop: ['points:read'],
  office: ['points:*'],
};
let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let writer: PointsWriter;
let url: string;

beforeAll(async () => {
  copy = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'points spec', entities: [...pointsEntities] });
  app = await createHttpApp({
    title: 'Test',
    modules: [PointsModule.forRoot({ validate: true, sweepMs: 0 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys(KEYS),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  writer = app.get(POINTS_WRITER);
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

type Key = keyof typeof KEYS;
type Answer = { status: number; replayed: boolean; body: Record<string, never> };

async function ask(path: string, init: RequestInit = {}, key: Key = 'office'): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...(init.headers as object) };
  const response = await fetch(`${url}/v1/${path}`, { ...init, headers });
  const replayed = response.headers.get('idempotency-replayed') === 'true';
  return { status: response.status, replayed, body: (await response.json()) as Record<string, never> };
}

const post = (path: string, body: object, once?: string, key: Key = 'office') =>
  ask(
    path,
    { method: 'POST', body: JSON.stringify(body), headers: once === undefined ? {} : { 'idempotency-key': once } },
    key,
  );

/** A purchase as the tier engine tells it. */
const rated = (member: string, id: string, points: number) => {
  const event = {
    id: `e-${id}`,
    subject: member,
    correlation: null,
    trace: null,
    data: JSON.stringify(rating(id, '2026-01-01', points).rating),
  };
  return writer.execute(rateOf(event as never)!);
};

it('redeems once under a key, and tells the same and another body apart', async () => {
  await tell(writer, 'm-redeem', rating('redeem-1', '2026-01-01', 100));
  const done = await post('members/m-redeem/redemptions', { points: 60, reference: 'till-3/1' }, 'k-1', 'till');
  expect(done).toMatchObject({ status: 201, body: { program: 'club', id: 'k-1', points: 60, spendable: 40 } });
  expect(
    await post('members/m-redeem/redemptions', { points: 60, reference: 'till-3/1' }, 'k-1', 'till'),
  ).toMatchObject({
    status: 200,
    replayed: true,
    body: done.body,
  });
  expect(await post('members/m-redeem/redemptions', { points: 61 }, 'k-1', 'till')).toMatchObject({
    status: 409,
    body: { code: 'key_reused' },
  });
  expect(await post('members/m-redeem/redemptions', { points: 41 }, 'k-2', 'till')).toMatchObject({
    status: 422,
    body: { code: 'insufficient_points', details: { points: 41, spendable: 40 } },
  });
});

it('lets exactly one of twenty parallel redemptions of a whole balance through', async () => {
  await tell(writer, 'm-attack', rating('attack-1', '2026-01-01', 100));
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => post('members/m-attack/redemptions', { points: 100 }, `attack-${n}`, 'till')),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 19 }, () => 422)]);
});

it.each([
  [{}, '/points'],
  [{ points: 0 }, '/points'],
  [{ points: -5 }, '/points'],
  [{ points: 1.5 }, '/points'],
  [{ points: '5' }, '/points'],
  [{ points: 2 ** 53 }, '/points'],
  [{ points: 5, pionts: 5 }, '/pionts'],
])('refuses to redeem %j, naming the field', async (body, pointer) => {
  expect(await post('members/m-bad/redemptions', body, 'bad')).toMatchObject({
    status: 400,
    body: { errors: [{ pointer }] },
  });
});

it.each(['kim@example.com', '+44 20 7946 0958', 'doc:shop/1', 'program:club'])(
  'moves no points of %s: that is no member',
  async (member) => {
    const answer = await post(`members/${encodeURIComponent(member)}/redemptions`, { points: 5 }, 'k');
    expect(answer).toMatchObject({
      status: 422,
      body: { code: expect.stringMatching(/^member_id_(personal|reserved)$/) },
    });
  },
);

it('needs a key for every write, and the scope for what is asked', async () => {
  expect(await post('members/m-1/redemptions', { points: 5 })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/Idempotency-Key', in: 'header' }] },
  });
  expect((await post('members/m-1/redemptions', { points: 5 }, 'k', 'shop')).status).toBe(403);
  expect((await post('members/m-1/adjustments', { points: 5, reason: 'x' }, 'k', 'till')).status).toBe(403);
  expect((await ask('integrity', {}, 'till')).status).toBe(403);
  expect((await fetch(`${url}/v1/members/m-1/balance`)).status).toBe(401);
});

it('shows a balance now and as of an instant, and all lots behind it', async () => {
  const terms = { activeFrom: '2026-01-15T00:00:00.000Z', expiresAt: '2026-03-01T00:00:00.000Z' };
  await tell(writer, 'm-time', rating('time-1', '2026-01-01', 70, terms));
  const balance = async (query = '') => (await ask(`members/m-time/balance${query}`, {}, 'shop')).body;
  expect(await balance('?at=2026-01-10T08:00:00%2B08:00')).toMatchObject({
    at: '2026-01-10T00:00:00.000Z',
    wallets: [{ program: 'club', issued: 70, pending: 70, active: 0, spendable: 0 }],
  });
  expect(await balance('?at=2026-02-10T00:00:00Z')).toMatchObject({
    wallets: [{ active: 70, spendable: 70, expired: 0 }],
  });
  expect(await balance()).toMatchObject({ wallets: [{ active: 0, expired: 70 }] });
  expect(await balance('?program=other')).toMatchObject({ wallets: [] });
  expect(await ask('members/m-time/balance?at=2026-01-10')).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/at', in: 'query' }] },
  });
  expect((await ask('members/m-time/lots')).body).toMatchObject({
    items: [{ lot: 'shop/time-1', origin: 'purchase', ...terms, expired: 70 }],
    next: null,
  });
  expect((await ask('members/m-time/lots?open=true')).body).toMatchObject({ items: [] });
  expect((await ask('members/nobody/balance')).body).toMatchObject({ wallets: [] });
});

it('shows the same balance from rows and from entries, with debts and without', async () => {
  for (const member of ['m-plain', 'm-owing']) {
    await tell(writer, member, rating(`${member}-1`, '2026-01-01', 100));
    await tell(writer, member, rating(`${member}-2`, '2026-01-02', 50, { expiresAt: '2026-01-20T00:00:00.000Z' }));
    await post(`members/${member}/redemptions`, { points: 90 }, `${member}-r`);
  }
  await tell(writer, 'm-owing', returning('owing-x', '2026-01-10', { 'm-owing-1': 30 }));
  for (const [member, spendable, owed] of [
    ['m-plain', 10, 0],
    ['m-owing', 0, 20],
  ] as const) {
    const now = (await ask(`members/${member}/balance`)).body as { at?: string; wallets?: unknown };
    expect(now.wallets).toMatchObject([{ spendable, owed, expired: 50, spent: 90 }]);
    const asOf = (await ask(`members/${member}/balance?at=${now.at}`)).body as { wallets?: unknown };
    expect(asOf.wallets).toEqual(now.wallets);
  }
});

it('lists entries page by page, the latest first, each with the balance after it', async () => {
  await tell(writer, 'm-list', rating('list-1', '2026-01-01', 100));
  await tell(writer, 'm-list', rating('list-2', '2026-01-02', 50));
  await post('members/m-list/redemptions', { points: 30, reference: 'till-1' }, 'list-r');
  await tell(writer, 'm-list', returning('list-x', '2026-01-10', { 'list-2': 50 }));
  const seen: unknown[] = [];
  for (let cursor = ''; ;) {
    const { items, next } = (await ask(`members/m-list/entries?limit=3${cursor}`)).body as unknown as {
      items: { type: string; points: number; balance: number }[];
      next: string | null;
    };
    seen.push(...items.map(({ type, points, balance }) => [type, points, balance]));
    if (next === null) break;
    cursor = `&cursor=${next}`;
  }
  expect(seen).toEqual([
    ['reversed', 50, 70],
    ['redeemed', 30, 120],
    ['earned', 50, 150],
    ['earned', 100, 100],
  ]);
  expect(await ask('members/m-list/entries?cursor=nonsense')).toMatchObject({ status: 400 });
});

describe('the receipt', () => {
  it('comes as soon as the purchase is booked: +37, balance 77', async () => {
    await rated('m-till', 'till-0', 40);
    expect((await ask('members/m-till/entries?cause=shop/till-1')).status).toBe(202);
    const waiting = ask('members/m-till/entries?cause=shop/till-1&wait=10', {}, 'till');
    await rated('m-till', 'till-1', 37);
    expect(await waiting).toMatchObject({
      status: 200,
      body: {
        points: 37,
        wallets: [{ spendable: 77 }],
        items: [{ type: 'earned', cause: { source: 'shop', id: 'till-1' } }],
      },
    });
  });

  it('says 202 when the time is over', async () => {
    expect(await ask('members/m-till/entries?cause=shop/never&wait=0.05')).toEqual({
      status: 202,
      replayed: false,
      body: { items: [], next: null },
    });
  });

  it('comes for a purchase that was worth nothing, too', async () => {
    await rated('m-till', 'till-2', 0);
    expect(await ask('members/m-till/entries?cause=shop/till-2&wait=5')).toMatchObject({
      status: 200,
      body: { items: [], points: 0 },
    });
  });

  it('holds what a return took back', async () => {
    await tell(writer, 'm-till', returning('till-x', '2026-01-10', { 'till-1': 7 }));
    expect((await ask('members/m-till/entries?cause=shop/till-x')).body).toMatchObject({ points: -7 });
  });
});

it('gives and takes points with a reason, and says when they expire', async () => {
  expect(
    await post('members/m-adjust/adjustments', { points: 50, reason: 'x', program: 'club' }, 'adj-0'),
  ).toMatchObject({ status: 422, body: { code: 'unknown_program' } });
  await tell(writer, 'm-adjust', rating('adjust-1', '2026-01-01', 10));
  expect(await post('members/m-adjust/adjustments', { points: 50, reason: 'x' }, 'adj-1')).toMatchObject({
    status: 422,
    body: { code: 'expiry_required' },
  });
  const given = { points: 50, reason: 'late delivery', reference: 'case-1', expiresAt: '2036-01-01T00:00:00Z' };
  expect(await post('members/m-adjust/adjustments', given, 'adj-2')).toMatchObject({
    status: 201,
    body: { spendable: 60 },
  });
  expect(
    await post('members/m-adjust/adjustments', { points: 5, reason: 'x', expiresAt: null }, 'adj-3'),
  ).toMatchObject({ status: 201 });
  expect(await post('members/m-adjust/adjustments', { points: -60, reason: 'x' }, 'adj-4')).toMatchObject({
    status: 201,
    body: { spendable: 5 },
  });
  expect(
    await post('members/m-adjust/adjustments', { points: 5, reason: 'x', expiresAt: 'soon' }, 'adj-5'),
  ).toMatchObject({ status: 400, body: { errors: [{ pointer: '/expiresAt' }] } });
  expect((await ask('members/m-adjust/entries')).body).toMatchObject({
    items: [{ points: -60 }, { expiresAt: null }, { reason: 'late delivery', reference: 'case-1' }, {}],
  });
});

it('shows the sums of all points with the positions they stand on', async () => {
  const of = async (query = '') =>
    (await ask(`integrity${query}`)).body as unknown as {
      sums: Record<string, unknown>[];
      positions: { position: number }[];
    };
  const { sums, positions } = await of();
  expect(sums).toMatchObject([{ program: 'club', inTransit: '0', conserved: true }]);
  expect(positions).toHaveLength(8);
  expect(await of('?member=m-owing')).toMatchObject({
    sums: [{ issued: '150', spent: '90', expired: '50', reversed: '30', owed: '20', conserved: true }],
  });
  expect((await of('?member=m-owing&at=2026-01-02T00:00:00Z')).sums).toMatchObject([
    { issued: '150', active: '150', owed: '0' },
  ]);
  expect((await of('?at=2025-01-01T00:00:00Z')).sums.every((sum) => sum['issued'] === '0')).toBe(true);
});
