import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { installEventStore } from './install.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await installEventStore(database.pool, { schema: 'points', service: 'points', shards: 4 });
});
afterAll(() => database.close());

test('may run again at every start', async () => {
  await expect(installEventStore(database.pool, { schema: 'points', service: 'points' })).resolves.toMatchObject({
    shards: 4,
    format: 1,
  });
});

test.each([
  ['shards', { shards: 8 }, 'with shards 4, not 8'],
  ['service', { service: 'tiers' }, 'with service points, not tiers'],
])('refuses to start a log with other %s than it was created with', async (_, change, complaint) => {
  await expect(installEventStore(database.pool, { schema: 'points', service: 'points', ...change })).rejects.toThrow(
    complaint,
  );
});

test.each(['events', 'events_0_0', 'keys', 'log', 'blocks'])(
  'refuses UPDATE, DELETE and TRUNCATE on %s',
  async (table) => {
    const { pool } = database;
    const column = table === 'log' ? 'shards' : 'shard';
    await expect(pool.query(`UPDATE points.${table} SET ${column} = 1`)).rejects.toThrow('UPDATE on points');
    await expect(pool.query(`DELETE FROM points.${table}`)).rejects.toThrow('DELETE on points');
    await expect(pool.query(`TRUNCATE points.${table}`)).rejects.toThrow('TRUNCATE on points');
  },
);

test('makes partitions ahead without touching those that are there', async () => {
  const { pool } = database;
  await pool.query('SELECT points.ensure_partitions(1::smallint, 9000000)');
  await pool.query('SELECT points.ensure_partitions(1::smallint, 1)');
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relid::regclass::text AS name FROM pg_partition_tree('points.events') WHERE isleaf ORDER BY 1`,
  );
  expect(rows.map((row) => row.name)).toEqual(
    ['0_0', '1_0', '1_1', '1_2', '2_0', '3_0'].map((part) => `points.events_${part}`),
  );
  await expect(pool.query('TRUNCATE points.events_1_2')).rejects.toThrow('TRUNCATE');
});
