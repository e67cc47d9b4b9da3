/**
 * A process beside every process that uses the embedded server: it starts the server if need be, and stops it when its own
 * process is gone, however it went, and nobody else uses it.
 *
 * Who uses it is known to PostgreSQL itself: each keeper holds a session with a shared advisory lock. A session ends with its
 * process, SIGKILL included, so there is no list of pids that could go stale. A keeper whose parent is gone (end of its
 * standard input) lets go of its shared lock and tries the exclusive one: whoever gets it is the last.
 * A keeper takes 45 MB and 0.1 s. The `sh` guard of 1 MB that it replaced could not know about other users of the server.
 */
import { rmSync } from 'node:fs';
import pg from 'pg';
import { ensureServer, stopServer, type ServerOptions } from './embedded-server.ts';

const USERS = 'pg_advisory_lock_shared(7201, 1)';
const DATABASE = 'loyalty';
/** A server that starts or stops needs seconds, one that recovers a large log a minute or two. */
const PATIENCE_MS = 180_000;
const PAUSE_MS = 50;

const options = JSON.parse(process.argv[2] as string) as ServerOptions;
let leaving = false;
let session: pg.Client | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdout.on('error', () => undefined);
process.stdin.on('error', () => undefined).on('close', () => void leave());
process.stdin.resume();

const url = await join();
if (url) process.stdout.write(`${JSON.stringify({ url })}\n`);

/** Starts the server if it is down and counts as a user of it. */
async function join(): Promise<string | undefined> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!leaving) {
    try {
      const server = await ensureServer(options);
      const client = await connect(server);
      session = client;
      // A crash of the server also ends the session: come back, and bring the server back.
      client.once('end', () => {
        if (session === client && !leaving) void join().catch(fail);
      });
      return `${server}${DATABASE}`;
    } catch (error) {
      // Somebody who is just leaving may be stopping the server; initdb's and configuration errors do not pass.
      if (Date.now() > deadline || !isTransient(error)) {
        if (leaving) return undefined;
        fail(error);
      }
      await new Promise((resume) => setTimeout(resume, PAUSE_MS));
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
    if (session) {
      await session.query('SELECT pg_advisory_unlock_shared(7201, 1)');
      const { rows } = await session.query<{ last: boolean }>('SELECT pg_try_advisory_lock(7201, 1) AS last');
      if (rows[0]?.last) {
        await stopServer(options.dir);
        if (options.disposable) rmSync(options.dir, { recursive: true });
      }
    }
    process.exit(0);
  } catch (error) {
    fail(error);
  }
}

function isTransient(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  // Refused or reset while the server is down; 57P0x: shutting down, starting up.
  return (
    code.startsWith('E') ||
    code.startsWith('57P') ||
    /terminated|another server might be running/i.test((error as Error).message)
  );
}

function fail(error: unknown): never {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`);
  process.exit(1);
}
