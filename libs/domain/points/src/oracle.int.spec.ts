import type { PointsRedeemed } from '@loyalty/contracts';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { pointsChecks } from './checks.ts';
import { instantOf, rating, returning } from './core/scenario.fixture.ts';
import { oracleCheck } from './oracle.ts';
import { installForTests, tell } from './points.fixture.ts';
import { captureWork, redeemWork, reserveWork, undoWork } from './points-work.ts';
import { createPointsWriter, type PointsWriter } from './points-writer.ts';

const now = instantOf('2026-02-01');
let database: TestDatabase;
let writer: PointsWriter;

beforeEach(async () => {
  database = await testDatabase({ name: 'points', prepare: installForTests });
  writer = createPointsWriter(database.pool, { clock: () => now * 1000, validate: true });
  await tell(writer, 'm-1', rating('p1', '2026-01-01', 100));
  await tell(writer, 'm-1', rating('p2', '2026-01-02', 50, { expiresAt: '2026-01-20T00:00:00.000Z' }));
  await writer.execute(redeemWork('m-1', 'spent', { points: 60 }));
  await writer.execute(undoWork('m-1', 'undone', { redemption: 'spent', points: 10 }));
  await writer.execute(reserveWork('m-1', 'basket', { points: 30 }));
  await writer.execute(captureWork('m-1', 'captured', { reservation: 'basket', points: 20 }));
  await tell(writer, 'm-1', returning('r1', '2026-01-05', { p1: 5 }));
  // In debt.
  await tell(writer, 'm-2', rating('p3', '2026-01-01', 100));
  await writer.execute(redeemWork('m-2', 'all', { points: 100 }));
  await tell(writer, 'm-2', returning('r2', '2026-01-05', { p3: 40 }));
});
afterEach(async () => {
  await writer.close();
  await database.close();
});

const found = async () => (await oracleCheck.run(database.pool, now)).problems;

it('works out the same as the ledger, where points were short too', async () => {
  expect(await oracleCheck.run(database.pool, now)).toEqual({ ok: true, checked: 3, problems: [] });
});

it('names the member and the field of a row that was changed', async () => {
  await database.pool.query(
    `UPDATE points.wallets SET spent = spent - 7, held = held + 7 WHERE member = 'm-1';
     UPDATE points.lots SET spent = spent - 1, reversed = reversed + 1 WHERE member = 'm-2'`,
  );
  expect(await found()).toEqual([
    'lot shop/p3 of m-2 in club: spent is 100 by the events, 99 in its row',
    'the wallet of m-1 in club: left is 75 by the events, 82 in its row',
    'the wallet of m-1 in club: spent is 70 by the events, 63 in its row',
  ]);
});

it('misses a wallet that is not there, and finds one that nothing led to', async () => {
  await database.pool.query(
    `DELETE FROM points.wallets WHERE member = 'm-2';
     UPDATE points.wallets SET member = 'm-3' WHERE member = 'm-1'`,
  );
  const problems = await found();
  expect(problems).toContain('the wallet of m-2 in club: spent is 100 by the events, 0 in its row');
  expect(problems).toContain('the wallet of m-1 in club: spent is 70 by the events, 0 in its row');
  expect(problems).toContain('the wallet of m-3 in club: spent is 0 by the events, 70 in its row');
});

it('finds postings that say something else than their event, where the rows agree with the postings', async () => {
  const { pool } = database;
  const where = `subject = 'm-1' AND type = 'points.redeemed.v1'`;
  const { rows } = await pool.query<{ data: string }>(`SELECT data FROM points.events WHERE ${where}`);
  const event = JSON.parse(rows[0]?.data as string) as PointsRedeemed;
  const postings = event.postings.map((posting) => ({
    ...posting,
    points: posting.points - Math.sign(posting.points),
  }));
  await pool.query('ALTER TABLE points.events DISABLE TRIGGER USER');
  await pool.query(`UPDATE points.events SET data = $1 WHERE ${where}`, [JSON.stringify({ ...event, postings })]);
  for (const table of ['wallets', `lots`]) {
    await pool.query(
      `UPDATE points.${table} SET spent = spent - 1, held = held + 1 WHERE member = 'm-1' AND spent > 0`,
    );
  }
  const failed = [];
  for (const check of pointsChecks) if (!(await check.run(database.pool, now)).ok) failed.push(check.name);
  expect(failed).toEqual([oracleCheck.name]);
});
