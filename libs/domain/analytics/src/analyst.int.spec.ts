import { testDatabase, type TestDatabase } from '@loyalty/testing';
import pg from 'pg';
import { createViews, installForTests } from './analytics.fixture.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ name: 'analytics', prepare: installForTests });
});
afterAll(() => database.close());

describe('an analyst', () => {
  /** A login that is a member of the role, as an installation would make one. */
  const asAnalyst = async (sql: string): Promise<unknown> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query('SET ROLE loyalty_analyst');
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };

  it('reads every view and function', async () => {
    for (const view of [
      'daily_sales',
      'daily_points',
      'points_outstanding',
      'member_value',
      'tier_counts',
      'nps',
      'csat',
      'log_positions',
    ]) {
      await expect(asAnalyst(`SELECT * FROM analytics.v_${view}`)).resolves.toEqual([]);
    }
    await expect(
      asAnalyst(`SELECT * FROM analytics.points_at(now()), analytics.tier_counts_at(now())`),
    ).resolves.toEqual([]);
  });

  it('still does after the views were made again', async () => {
    await createViews(database.pool);
    await expect(asAnalyst('SELECT * FROM analytics.v_daily_sales')).resolves.toEqual([]);
  });

  it('is granted them at the next start where the role came later', async () => {
    await database.pool.query('REVOKE ALL ON ALL TABLES IN SCHEMA analytics FROM loyalty_analyst');
    await expect(asAnalyst('SELECT * FROM analytics.v_nps')).rejects.toThrow('permission denied');
    await database.pool.query('SELECT analytics.grant_analyst()');
    await expect(asAnalyst('SELECT * FROM analytics.v_nps')).resolves.toEqual([]);
  });

  it('reads nothing else and writes nothing', async () => {
    const tables = [
      'sales_documents',
      'sales_matches',
      'points_lots',
      'points_moves',
      'tier_courses',
      'feedback_answers',
      'reporting',
      'checkpoints',
      'migrations',
    ];
    for (const table of tables)
      await expect(asAnalyst(`SELECT * FROM analytics.${table}`)).rejects.toThrow('permission denied for table');
    for (const schema of ['purchases', 'tiers', 'points', 'feedback']) {
      await expect(asAnalyst(`SELECT * FROM ${schema}.events`)).rejects.toThrow(
        `permission denied for schema ${schema}`,
      );
    }
    await expect(asAnalyst(`DELETE FROM analytics.v_log_positions`)).rejects.toThrow('permission denied');
    await expect(asAnalyst('SELECT analytics.grant_analyst()')).rejects.toThrow('permission denied');
    await expect(asAnalyst(`CREATE TABLE analytics.mine (n int)`)).rejects.toThrow('permission denied');
  });
});

test('every column that analysts see says what it is', async () => {
  expect(
    (
      await database.pool
        .query(`SELECT c.relname || '.' || a.attname AS silent FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'analytics'::regnamespace AND c.relkind = 'v' AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NULL`)
    ).rows,
  ).toEqual([]);
});
