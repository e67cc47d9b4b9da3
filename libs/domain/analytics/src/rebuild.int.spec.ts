import { rebuild } from '@loyalty/projections';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import {
  answered,
  bought,
  broughtBack,
  earned,
  happen,
  installForTests,
  posted,
  ranked,
  voided,
} from './analytics.fixture.ts';
import { analytics } from './analytics.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase({ name: 'analytics', prepare: installForTests });
  await happen(database.pool, 'purchases', [
    bought('1', 'm-1', '2026-06-01T10:00:00Z', '100.10'),
    bought('2', 'm-2', '2026-06-03T10:00:00Z', '50'),
    broughtBack('r1', 'm-1', '2026-06-05T10:00:00Z', '20', [{ id: '1', quantity: '0.5' }]),
  ]);
  await happen(database.pool, 'purchases', [voided('2', 'm-2', '2026-06-03T10:00:00Z')]);
  await happen(database.pool, 'points', [
    earned('s/1', 'm-1', '2026-01-01T00:00:00Z', 100, '2026-01-15T00:00:00Z', '2026-06-01T00:00:00Z'),
    posted('redeemed', 'm-1', '2026-03-01T00:00:00Z', [
      ['s/1', 'held', -60],
      ['s/1', 'spent', 60],
    ]),
  ]);
  await happen(database.pool, 'tiers', [ranked('m-1', '2026-01-01T00:00:00Z', [['bronze', '2026-01-01T00:00:00Z']])]);
  await happen(database.pool, 'tiers', [ranked('m-1', '2026-02-01T00:00:00Z', [['silver', '2026-02-01T00:00:00Z']])]);
  await happen(database.pool, 'feedback', [answered('nps', 3, '2026-06-01T10:00:00Z')]);
});
afterAll(() => database.close());

it.each(analytics.readModels.map((model) => [model.name, model] as const))(
  '%s is rebuilt equal to the live one, and the views go on',
  async (_, model) => {
    const result = await rebuild({ pool: database.pool, definition: analytics, model, shards: 8 });
    expect(result).toMatchObject({ swapped: true, different: 0, differences: [] });
    const { rows } = await database.pool.query(`SELECT frequency FROM analytics.v_member_value WHERE member = 'm-1'`);
    expect(rows).toEqual([{ frequency: 1 }]);
    const read = await database.pool.query(
      `SELECT has_table_privilege('loyalty_analyst', 'analytics.v_daily_sales', 'SELECT') AS may`,
    );
    expect(read.rows).toEqual([{ may: true }]);
  },
);
