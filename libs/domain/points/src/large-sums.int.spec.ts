import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { pointsChecks } from './checks.ts';
import { checksumRows } from './checksum-rows.ts';
import { rating, returning } from './core/scenario.fixture.ts';
import { installForTests, learnPrograms, tell } from './points.fixture.ts';
import { pointsEntities } from './points-entities.ts';
import { PointsModule } from './points.module.ts';
import { openLotWork } from './points-work.ts';
import { createPointsWriter, type PointsWriter } from './points-writer.ts';
import { POINTS_WRITER } from './tokens.ts';

const MOST = Number.MAX_SAFE_INTEGER;
/** So many wallets, each as full as one may be, hold more than a bigint does. */
const WALLETS = 1_025;
const SUM = String(BigInt(WALLETS) * BigInt(MOST));

let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let writer: PointsWriter;

beforeAll(async () => {
  copy = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'sums spec', entities: [...pointsEntities] });
  app = await createHttpApp({
    title: 'Test',
    modules: [PointsModule.forRoot({ validate: true, sweepMs: 0 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ office: ['points:*'] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  writer = app.get(POINTS_WRITER);
  await learnPrograms(writer, 'club');
  const dates = { earnedAt: 0, activeFrom: 0, expiresAt: null };
  const works = Array.from({ length: WALLETS }, (_, i) =>
    openLotWork(`m-${i}`, { program: 'club', points: MOST, reference: `r-${i}`, ...dates }),
  );
  const outcomes = await writer.executeMany(works);
  expect(outcomes.filter(({ kind }) => kind !== 'accepted')).toEqual([]);
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; body: object }> {
  const headers = { authorization: 'Bearer office', 'content-type': 'application/json', 'idempotency-key': path };
  const response = await fetch(`${await app.getUrl()}/v1/${path}`, { headers, ...init });
  return { status: response.status, body: (await response.json()) as object };
}

it('tells sums over all members exactly, however large, with debts and without', async () => {
  const sums = { program: 'club', issued: SUM, active: SUM, owed: '0', inTransit: '0', conserved: true };
  expect(await ask('integrity')).toMatchObject({ status: 200, body: { sums: [sums] } });
  await database.pool.query('UPDATE points.wallets SET tangled = true');
  expect(await ask('integrity')).toMatchObject({ status: 200, body: { sums: [sums] } });
  await database.pool.query('UPDATE points.wallets SET tangled = false');
});

it('proves and checksums them', async () => {
  for (const check of pointsChecks) {
    expect(await check.run(database.pool, Date.now())).toMatchObject({ ok: true, problems: [] });
  }
  const lines: string[] = [];
  for await (const line of checksumRows(database.pool, Date.now())) lines.push(line);
  expect(lines).toHaveLength(WALLETS);
  expect(lines[0]?.split('\x1f')).toContain(String(MOST));
});

it('a full wallet refuses to be given more with a code, and takes no purchase, first or later', async () => {
  const body = JSON.stringify({ points: 1, reason: 'x', expiresAt: null });
  expect(await ask('members/m-0/adjustments', { method: 'POST', body })).toMatchObject({
    status: 422,
    body: { code: 'too_many_points', errors: [{ pointer: '/points' }] },
  });
  const tooMuch = JSON.stringify({ points: MOST + 1, reason: 'x' });
  expect(await ask('members/m-1/adjustments', { method: 'POST', body: tooMuch })).toMatchObject({ status: 400 });
  await expect(tell(writer, 'm-0', rating('p1', '2026-01-01', 1))).rejects.toThrow('too_many_points');
  await expect(tell(writer, 'm-0', rating('p1', '2026-01-01', 1, {}, false))).rejects.toThrow('too_many_points');
  // Another process, without anything in memory.
  const other = createPointsWriter(database.pool, { validate: true });
  await expect(tell(other, 'm-1', rating('p1', '2026-01-01', 1))).rejects.toThrow('too_many_points');
  await other.close();
});

it('a wallet that was full, spent and taken back says exactly what is owed', async () => {
  const redeem = { method: 'POST', body: JSON.stringify({ points: MOST }) };
  await tell(writer, 'm-spent', rating('s1', '2026-01-01', MOST));
  expect(await ask('members/m-spent/redemptions', redeem)).toMatchObject({ status: 201 });
  await tell(writer, 'm-spent', returning('x', '2026-01-10', { s1: MOST }));
  expect(await ask('members/m-spent/balance')).toMatchObject({
    status: 200,
    body: { wallets: [{ issued: MOST, spent: MOST, reversed: MOST, owed: MOST, active: 0, spendable: 0 }] },
  });
  expect(await ask('integrity?member=m-spent')).toMatchObject({
    body: { sums: [{ spent: String(MOST), reversed: String(MOST), owed: String(MOST), conserved: true }] },
  });
});
