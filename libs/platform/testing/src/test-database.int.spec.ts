import { createPool } from '@loyalty/database';
import { testDatabase } from './test-database.ts';

test('gives each caller a copy of the prepared template', async () => {
  let prepared = 0;
  const template = {
    name: 'copies',
    prepare: async (pool: { query(sql: string): Promise<unknown> }) => {
      prepared++;
      await pool.query('CREATE TABLE thing AS SELECT 1 AS n');
    },
  };
  const [one, two] = await Promise.all([testDatabase(template), testDatabase(template)]);
  await one.pool.query('DELETE FROM thing');
  expect((await two.pool.query('SELECT n FROM thing')).rows).toEqual([{ n: 1 }]);
  expect(prepared).toBe(1);
  await Promise.all([one.close(), two.close()]);
});

test('names the connections that a test file left open', async () => {
  const database = await testDatabase();
  const leaked = createPool({ url: database.url, name: 'forgotten' });
  await leaked.query('SELECT 42');
  await expect(database.close()).rejects.toThrow('forgotten: SELECT 42');
  await leaked.end();
});
