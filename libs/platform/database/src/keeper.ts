/**
 * A process beside every process that uses the embedded server: it starts the server if need be, and stops it when its own
 * process is gone, however it went, and nobody else uses it.
 *
 * Who uses it is known to PostgreSQL itself: each keeper holds a session with a shared advisory lock. A session ends with its
 * process, SIGKILL included, so there is no list of pids that could go stale. A keeper whose parent is gone (end of its
 * standard input) lets go of its shared lock and tries the exclusive one: whoever gets it is the last.
 * A keeper takes 45 MB and 0.1 s. The `sh` guard of 1 MB that it replaced could not know about other users of the server.
 */
import { globSync, rmSync } from 'node:fs';
import pg from 'pg';
import { ensureServer, stopServer, type ServerOptions } from './embedded-server.ts';

const USERS = 'pg_advisory_lock_shared(7201, 1)';
const DATABASE = 'loyalty';
/** A server that starts or stops needs seconds, one that recovers a large log a minute or two. */
const PATIENCE_MS = 180_000;
const PAUSE_MS = 50;
/** Between two attempts to bring a server back that crashed under its users: a full disk takes somebody to make room. */
const RETURN_PAUSE_MS = 2_000;
const CLOSED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']);
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

const options = JSON.parse(process.argv[2] as string) as ServerOptions;
let leaving = false;
let session: pg.Client | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdout.on('error', () => undefined);
process.stdin.on('error', () => undefined).on('close', () => void leave());
process.stdin.resume();

let joining = join(false);
const url = await joining;
if (url) process.stdout.write(`${JSON.stringify({ url })}\n`);

/**
 * Starts the server if it is down and counts as a user of it. Who had it before (`again`) tries until it is back or nobody wants it
 * any more: what keeps it down passes, such as a full disk.
 */
async function join(again: boolean): Promise<string | undefined> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!leaving) {
    try {
      const server = await ensureServer({ ...options, existing: again });
      const client = await connect(server);
      session = client;
      // A crash of the server also ends the session: come back, and bring the server back.
      client.once('end', () => {
        if (session !== client || leaving) return;
        session = undefined;
        joining = join(true);
      });
      return `${server}${DATABASE}`;
    } catch (error) {
      // Somebody who is just leaving may be stopping the server; initdb's and configuration errors do not pass.
      const passes = isTransient(error) && Date.now() < deadline;
      if (leaving) return undefined;
      if (!passes && !again) fail(error);
      await new Promise((resume) => setTimeout(resume, passes ? PAUSE_MS : RETURN_PAUSE_MS));
    }
  }
  return undefined;
}

async function connect(server: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: `${server}postgres`, application_name: 'loyalty keeper' });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`SELECT ${USERS}`);
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) {
    await client.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0`).catch((error: { code?: string }) => {
      // 42P04, 23505: another process made it at the same time.
      if (error.code !== '42P04' && error.code !== '23505') throw error;
    });
  }
  return client;
}

async function leave(): Promise<void> {
  leaving = true;
  try {
    // A server that is just starting must be seen to its end, or it would be left behind.
    await joining;
    if (session) {
      await session.query('SELECT pg_advisory_unlock_shared(7201, 1)');
      const { rows } = await session.query<{ last: boolean }>('SELECT pg_try_advisory_lock(7201, 1) AS last');
      if (rows[0]?.last) {
        await stopServer(options.dir);
        if (options.disposable) await dispose(options.dir);
      }
    }
    process.exit(0);
  } catch (error) {
    fail(error);
  }
}

/** Deletes the folder. Other servers below it, of tests that were interrupted, are just ending: without their files they could not. */
async function dispose(dir: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (globSync('**/postmaster.pid', { cwd: dir }).length > 0 && Date.now() < deadline)
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
  rmSync(dir, { recursive: true, force: true });
}

function isTransient(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  // Refused or reset while the server is down; 57P0x: shutting down, starting up. A folder that may not be written stays so.
  return (
    NETWORK.has(code) ||
    code.startsWith('57P') ||
    /terminated|another server might be running/i.test((error as Error).message)
  );
}

function fail(error: unknown): never {
  const { message, code = '' } = error as NodeJS.ErrnoException;
  const next = CLOSED.has(code) ? ' The ledger is kept there: let this user write to it, or set LOYALTY_HOME.' : '';
  process.stdout.write(`${JSON.stringify({ error: next === '' ? message : `${message}.${next}` })}\n`);
  process.exit(1);
}
