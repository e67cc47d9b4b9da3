import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Pool } from 'pg';
import { migrate, MigrationChangedError } from './migrate.ts';
import { createPool } from './pool.ts';

const SCHEMA = 'migrate_spec';
let pool: Pool;
let directory: string;
const folder = (): URL => pathToFileURL(`${directory}/`);
const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

beforeAll(() => {
  pool = createPool({ url: process.env['LOYALTY_TEST_DATABASE_URL'] ?? '', max: 4, name: 'database specs' });
});
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'migrate-'));
  await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
});
afterEach(() => rmSync(directory, { recursive: true }));
afterAll(async () => {
  await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await pool.end();
});

test('applies each file once, in order, with its placeholders filled in, also when two processes start at once', async () => {
  write('0002_fill.sql', `INSERT INTO {schema}.thing VALUES ({shards}, '{"json": {}}')`);
  write('0001_make.sql', 'CREATE TABLE {schema}.thing (n int, t text)');
  const both = await Promise.all([1, 2].map(() => migrate(pool, SCHEMA, folder(), { placeholders: { shards: 8 } })));
  expect(both.map((applied) => applied.length).sort()).toEqual([0, 2]);
  write('0003_more.sql', 'INSERT INTO {schema}.thing VALUES (9)');
  expect(await migrate(pool, SCHEMA, folder(), { placeholders: { shards: 8 } })).toEqual(['0003_more.sql']);
  expect((await pool.query(`SELECT n, t FROM ${SCHEMA}.thing ORDER BY n`)).rows).toEqual([
    { n: 8, t: '{"json": {}}' },
    { n: 9, t: null },
  ]);
});

test('refuses a file that was changed or is gone after it was applied', async () => {
  write('0001_make.sql', 'CREATE TABLE {schema}.thing (n int)');
  await migrate(pool, SCHEMA, folder());
  write('0001_make.sql', 'CREATE TABLE {schema}.thing (n bigint)');
  await expect(migrate(pool, SCHEMA, folder())).rejects.toThrow(MigrationChangedError);
  rmSync(join(directory, '0001_make.sql'));
  await expect(migrate(pool, SCHEMA, folder())).rejects.toThrow('its file is gone');
});

test('names the file that failed, and keeps nothing of it', async () => {
  write('0001_good.sql', 'CREATE TABLE {schema}.good (n int)');
  write('0002_bad.sql', 'CREATE TABLE {schema}.bad (n int); SELECT 1/0');
  await expect(migrate(pool, SCHEMA, folder())).rejects.toThrow(
    'migrate_spec: migration 0002_bad.sql failed: division by zero',
  );
  expect((await pool.query(`SELECT to_regclass('${SCHEMA}.good') AS good`)).rows).toEqual([{ good: null }]);
});

test('refuses unknown placeholders and odd names', async () => {
  write('0001_make.sql', 'CREATE TABLE {schema}.thing (n {type})');
  await expect(migrate(pool, SCHEMA, folder())).rejects.toThrow('{type}');
  rmSync(join(directory, '0001_make.sql'));
  write('make.sql', 'SELECT 1');
  await expect(migrate(pool, SCHEMA, folder())).rejects.toThrow('0001_what_it_does.sql');
  await expect(migrate(pool, 'a; DROP', folder())).rejects.toThrow('not a schema name');
});
