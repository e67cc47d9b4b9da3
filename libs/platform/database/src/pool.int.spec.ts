import type { Pool } from 'pg';
import { openDatabase } from './open-database.ts';
import { createPool } from './pool.ts';

const url = process.env['LOYALTY_TEST_DATABASE_URL'] ?? '';
const name = 'database specs';

describe('a connection that breaks while somebody holds it', () => {
  let other: Pool;
  beforeAll(() => {
    other = createPool({ url, max: 1, name });
  });
  afterAll(() => other.end());

  it.each([
    ['a bare pool', async () => createPool({ url, max: 1, name })],
    ['the pool of a process', async () => (await openDatabase({ url, max: 1, name })).pool],
  ])('does not end the process, which is told by its next query: %s', async (_, open) => {
    const pool = await open();
    const held = await pool.connect();
    const { rows } = await held.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const ended = new Promise((resolve) => held.once('end', resolve));
    await other.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await ended;
    await expect(held.query('SELECT 1')).rejects.toThrow();
    held.release(true);
    expect((await pool.query('SELECT 1')).rowCount).toBe(1);
    await pool.end();
  });
});
