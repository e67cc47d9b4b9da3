import { createPool } from '@loyalty/database';
import type { Pool } from 'pg';
import pg from 'pg';

export interface TestDatabase {
  readonly pool: Pool;
  readonly url: string;
  /** Call in `afterAll`. Rejects, naming them, when connections other than `pool`'s are still open: somebody leaked a pool. */
  close(): Promise<void>;
}

export interface Template {
  /** Lower case; files that prepare the same thing share it. */
  readonly name: string;
  /** Runs once per test run, in the template; every file of that name then gets a copy (40 ms). */
  prepare(pool: Pool): Promise<void>;
}

const GOING_MS = 2_000;
const PAUSE_MS = 10;
let count = 0;

/**
 * A database of its own for a test file, copied from a template: migrations run once per run, not once per file.
 * Needs the server that tools/jest-database.mjs starts; DATABASE_URL makes it use another one.
 */
export async function testDatabase(template?: Template): Promise<TestDatabase> {
  const server = process.env['LOYALTY_TEST_DATABASE_URL'];
  if (!server)
    throw new Error('no test server: run through jest, whose global setup (tools/jest-database.mjs) starts one');
  const run = process.env['LOYALTY_TEST_RUN'] ?? 'run';
  const name = `${run}_${process.env['JEST_WORKER_ID'] ?? 0}_${process.pid}_${++count}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  try {
    const from = template ? await prepared(admin, server, `${run}_t_${template.name}`, template) : 'template0';
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${from} STRATEGY file_copy`);
  } finally {
    await admin.end();
  }
  const url = withDatabase(server, name);
  const pool = createPool({ url, max: 20, name: 'test' });
  return { pool, url, close: () => close(pool, server, name) };
}

/** The template's name, after it was made by whoever came first. */
async function prepared(admin: pg.Client, server: string, name: string, template: Template): Promise<string> {
  await admin.query('SELECT pg_advisory_lock(7202, hashtext($1))', [name]);
  try {
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) {
      const draft = `${name}_draft`;
      await admin.query(`DROP DATABASE IF EXISTS ${draft}`);
      await admin.query(`CREATE DATABASE ${draft} TEMPLATE template0`);
      const pool = createPool({ url: withDatabase(server, draft), max: 2, name: 'template' });
      try {
        await template.prepare(pool);
      } finally {
        await pool.end();
      }
      await gone(admin, draft);
      // Renamed when whole: a prepare that failed must not leave half a template for the next file.
      await admin.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
    }
  } finally {
    await admin.query('SELECT pg_advisory_unlock(7202, hashtext($1))', [name]);
  }
  return name;
}

async function close(pool: Pool, server: string, name: string): Promise<void> {
  await pool.end();
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  try {
    const left = await gone(admin, name);
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    if (left.length > 0) throw new Error(`connections left open by this test file: ${left.join('; ')}`);
  } finally {
    await admin.end();
  }
}

/** Waits until nobody is connected, for a moment: a server process outlives its client by milliseconds. Gives who stayed. */
async function gone(admin: pg.Client, name: string): Promise<string[]> {
  const deadline = Date.now() + GOING_MS;
  for (;;) {
    const { rows } = await admin.query<{ who: string }>(
      `SELECT application_name || ': ' || left(query, 80) AS who FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0 || Date.now() > deadline) return rows.map((row) => row.who);
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
  }
}

function withDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
