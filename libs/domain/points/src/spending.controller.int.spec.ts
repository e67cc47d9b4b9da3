import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { pointsChecks } from './checks.ts';
import { checksumRows } from './checksum-rows.ts';
import { Courier } from './courier.ts';
import { rating, returning } from './core/scenario.fixture.ts';
import { installForTests, tell } from './points.fixture.ts';
import { pointsEntities } from './points-entities.ts';
import { PointsModule } from './points.module.ts';
import { sendWork } from './points-work.ts';
import type { PointsWriter } from './points-writer.ts';
import { sweep } from './sweep.ts';
import { POINTS_WRITER } from './tokens.ts';

const MINUTE = 60_000;
let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let writer: PointsWriter;
let url: string;
let now = Date.UTC(2026, 1, 1);

beforeAll(async () => {
  copy = await testDatabase({ name: 'spending', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'spending spec', entities: [...pointsEntities] });
  app = await createHttpApp({
    title: 'Test',
    modules: [PointsModule.forRoot({ validate: true, sweepMs: 0, clock: () => now * 1000 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ till: ['points:read', 'points:write'], shop: ['points:read'] }),
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
afterEach(async () => {
  for (const check of pointsChecks)
    expect(await check.run(database.pool, now)).toMatchObject({ ok: true, problems: [] });
});

interface Answer {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: Record<string, never>;
}

async function ask(path: string, init: RequestInit = {}, key = 'till'): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...(init.headers as object) };
  const response = await fetch(`${url}/v1/members/${path}`, { ...init, headers });
  const replayed = response.headers.get('idempotency-replayed') === 'true';
  return { status: response.status, replayed, body: (await response.json()) as Record<string, never> };
}

let keys = 0;
const post = (path: string, body: object = {}, once = `key-${++keys}`, key = 'till') =>
  ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'idempotency-key': once } }, key);

const balanceOf = async (member: string, at = now): Promise<unknown> =>
  (await ask(`${member}/balance?at=${new Date(at).toISOString()}`)).body['wallets']?.[0];

/** Sums of the lots as a checksum and `GET /v1/integrity` see them. */
async function checksummed(member: string, at = now): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of checksumRows(database.pool, at)) if (line.startsWith(`${member}\x1f`)) lines.push(line);
  return lines;
}

it('reserves, captures a part and releases the rest, each step once whatever is retried', async () => {
  await tell(writer, 'm-basket', rating('basket-1', '2026-01-01', 100));
  const reserved = await post('m-basket/reservations', { points: 80, reference: 'till-3/1' }, 'basket');
  expect(reserved).toMatchObject({
    status: 201,
    body: { program: 'club', id: 'basket', points: 80, spendable: 20, until: '2026-02-01T00:15:00.000Z' },
  });
  expect(await post('m-basket/reservations', { points: 80, reference: 'till-3/1' }, 'basket')).toMatchObject({
    status: 200,
    replayed: true,
    body: reserved.body,
  });
  expect(await balanceOf('m-basket')).toMatchObject({ active: 20, reserved: 80, spendable: 20 });
  const { rows } = await database.pool.query(`SELECT state, points FROM points.reservations WHERE member = 'm-basket'`);
  expect(rows).toEqual([{ state: 'open', points: 80 }]);
  const captured = await post('m-basket/reservations/basket/capture', { points: 50 }, 'basket-capture');
  expect(captured).toMatchObject({ status: 201, body: { id: 'basket', points: 50, released: 30, spendable: 50 } });
  expect(await post('m-basket/reservations/basket/capture', { points: 50 }, 'basket-capture')).toMatchObject({
    status: 200,
    replayed: true,
  });
  expect(await post('m-basket/reservations/basket/capture', {})).toMatchObject({
    status: 422,
    body: { code: 'reservation_captured' },
  });
  expect(await post('m-basket/redemptions/basket/undo', { points: 20 })).toMatchObject({
    status: 201,
    body: { left: 30 },
  });
  expect(await balanceOf('m-basket')).toMatchObject({ active: 70, reserved: 0, spent: 30 });
  expect(await post('m-basket/redemptions', { points: 1 }, 'basket')).toMatchObject({ status: 409 });
  await post('m-basket/reservations', { points: 1 }, 'another');
  const first = (await ask('m-basket/reservations?limit=1')).body as unknown as { items: object[]; next: string };
  expect(first.items).toMatchObject([{ reservation: 'another', points: 1, until: '2026-02-01T00:15:00.000Z' }]);
  const item = { reservation: 'basket', state: 'captured', points: 80, captured: 50, at: '2026-02-01T00:00:00.000Z' };
  expect((await ask(`m-basket/reservations?cursor=${first.next}`)).body).toMatchObject({ items: [item], next: null });
});

it('frees a reservation in the instant of its end, with no entry, and says why a capture comes too late', async () => {
  await tell(writer, 'm-late', rating('late-1', '2026-01-01', 100));
  await post('m-late/reservations', { points: 80, ttl: 'PT10M' }, 'late');
  const end = now + 10 * MINUTE;
  expect(await balanceOf('m-late', end - 1)).toMatchObject({ active: 20, reserved: 80 });
  expect(await balanceOf('m-late', end)).toMatchObject({ active: 100, reserved: 0 });
  const [before] = await checksummed('m-late', end);
  now = end;
  expect(await post('m-late/reservations/late/capture', {}, 'late-capture')).toMatchObject({
    status: 422,
    body: { code: 'reservation_expired', details: { until: new Date(end).toISOString() } },
  });
  expect(await sweep(database.pool, writer, now)).toEqual({ members: 1 });
  expect(await sweep(database.pool, writer, now)).toEqual({ members: 0 });
  expect(await checksummed('m-late', end)).toEqual([before]);
  expect(await balanceOf('m-late', end - 1)).toMatchObject({ active: 20, reserved: 80 });
  const { rows } = await database.pool.query(
    `SELECT state, points FROM points.reservations WHERE reservation = 'late'`,
  );
  expect(rows).toEqual([{ state: 'ended', points: 80 }]);
});

it('voids a reservation, and keeps one through a return of its points', async () => {
  await tell(writer, 'm-void', rating('void-1', '2026-01-01', 100));
  await post('m-void/reservations', { points: 100 }, 'void-1');
  expect(await post('m-void/reservations/void-1/void')).toMatchObject({ status: 201, body: { spendable: 100 } });
  await post('m-void/reservations', { points: 100 }, 'void-2');
  now += 1;
  await tell(writer, 'm-void', returning('void-r', new Date(now).toISOString(), { 'void-1': 60 }));
  expect(await balanceOf('m-void')).toMatchObject({ active: 0, reserved: 100, owed: 60 });
  expect(await post('m-void/reservations/void-2/capture')).toMatchObject({ status: 201, body: { points: 100 } });
});

it('hands points on, each lot with its expiry, and lists them with who earned them', async () => {
  await tell(writer, 'm-ann', rating('ann-1', '2026-01-01', 100, { expiresAt: '2026-12-01T00:00:00.000Z' }));
  const sent = await post('m-ann/transfers', { points: 60, to: 'm-bob' }, 'gift');
  expect(sent).toMatchObject({ status: 201, body: { id: 'gift', points: 60, spendable: 40 } });
  expect(await post('m-ann/transfers', { points: 60, to: 'm-bob' }, 'gift')).toMatchObject({ status: 200 });
  expect(await balanceOf('m-bob')).toMatchObject({ received: 60, active: 60 });
  expect((await ask('m-bob/lots')).body['items']).toMatchObject([
    { lot: '/transfer/gift/1', origin: 'transfer', expiresAt: '2026-12-01T00:00:00.000Z', active: 60 },
  ]);
  expect((await ask('m-bob/entries')).body['items']).toMatchObject([
    { type: 'received', points: 60, transfer: 'gift', from: { member: 'm-ann', lot: 'shop/ann-1' }, balance: 60 },
  ]);
});

it('twenty gifts of 100 at once from a balance of 100 are one gift', async () => {
  await tell(writer, 'm-rich', rating('rich-1', '2026-01-01', 100));
  const gifts = await Promise.all(
    Array.from({ length: 20 }, (_, i) => post('m-rich/transfers', { points: 100, to: `m-friend-${i}` })),
  );
  expect(gifts.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(422)]);
  const { rows } = await database.pool.query(
    `SELECT sum(received)::int AS received FROM points.wallets WHERE member LIKE 'm-friend-%'`,
  );
  expect(rows).toEqual([{ received: -100 }]);
});

it('delivers what a process that died left under way, once, however many deliver it', async () => {
  await tell(writer, 'm-crash', rating('crash-1', '2026-01-01', 100));
  await writer.execute(sendWork('m-crash', 'crash', { points: 70, to: 'm-heir', program: 'club' }));
  expect(await balanceOf('m-heir')).toBeUndefined();
  const couriers = Array.from({ length: 3 }, () => new Courier(database.pool, writer));
  await Promise.all(couriers.map((courier) => courier.deliverAll()));
  expect(await balanceOf('m-heir')).toMatchObject({ received: 70, active: 70 });
  await writer.execute(sendWork('m-crash', 'crash-2', { points: 30, to: 'm-heir', program: 'club' }));
  await sweep(database.pool, writer, now);
  await sweep(database.pool, writer, now);
  expect(await balanceOf('m-heir')).toMatchObject({ received: 100, active: 100 });
});

it('refuses to send to a wallet without room, and answers the sender where that was not known in time', async () => {
  await tell(writer, 'm-full', rating('full-1', '2026-01-01', Number.MAX_SAFE_INTEGER));
  await tell(writer, 'm-giver', rating('giver-1', '2026-01-01', 20));
  expect(await post('m-giver/transfers', { points: 10, to: 'm-full' })).toMatchObject({
    status: 422,
    body: { code: 'receiver_full', errors: [{ pointer: '/points' }] },
  });
  const parked = async () => {
    const health = await (await fetch(`${url}/health/ready`)).json();
    return (health as { info: Record<string, object> }).info['transfers'];
  };
  expect(await parked()).toMatchObject({ status: 'up', underWay: 0, parked: 0 });
  await writer.execute(sendWork('m-giver', 'raced', { points: 10, to: 'm-full', program: 'club' }));
  expect(await parked()).toMatchObject({ underWay: 1, parked: 0 });
  await writer.execute(sendWork('m-giver', 'behind', { points: 5, to: 'm-lucky', program: 'club' }));
  await sweep(database.pool, writer, now);
  expect(await parked()).toMatchObject({ underWay: 0, parked: 1 });
  expect(await balanceOf('m-lucky')).toMatchObject({ received: 5 });
  expect(await balanceOf('m-giver')).toMatchObject({ active: 5, sent: 15 });
});

it.each([
  ['m-x/reservations', { points: 0 }, 400, 'bad_input'],
  ['m-x/reservations', { points: 1.5 }, 400, 'bad_input'],
  ['m-x/reservations', { points: 2 ** 53 }, 400, 'bad_input'],
  ['m-x/reservations', { points: 1 }, 422, 'insufficient_points'],
  ['m-x/reservations/nobody/capture', {}, 422, 'unknown_reservation'],
  ['m-x/reservations/nobody/capture', { points: -1 }, 400, 'bad_input'],
  ['m-x/reservations/nobody/void', {}, 422, 'unknown_reservation'],
  ['m-x/redemptions/nobody/undo', {}, 422, 'unknown_redemption'],
  ['m-x/redemptions/basket/undo', {}, 422, 'unknown_redemption'],
  ['m-x/transfers', { points: 1 }, 400, 'bad_input'],
  ['m-x/transfers', { points: 1, to: 'm-x' }, 422, 'transfer_to_self'],
  ['m-x/transfers', { points: 1, to: 'ann@example.org' }, 422, 'member_id_personal'],
])('%s with %j is answered %d %s', async (path, body, status, code) => {
  expect(await post(path, body)).toMatchObject({ status, body: { code } });
});

it('needs the right to write', async () => {
  expect(await post('m-x/transfers', { points: 1, to: 'm-y' }, 'k', 'shop')).toMatchObject({ status: 403 });
});
