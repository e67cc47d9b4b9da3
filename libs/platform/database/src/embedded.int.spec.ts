import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { ensureServer } from './embedded-server.ts';
import { startEmbedded, type Embedded } from './embedded.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'embedded-'));
  chmodSync(home, 0o755);
});
afterEach(() => rmSync(home, { recursive: true }));

const dir = (): string => join(home, 'postgres');

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

/** Whether the server runs. Its own process is the first line of postmaster.pid. */
function serverPid(): number | undefined {
  const file = join(dir(), 'data', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie waits for its parent and does nothing any more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resume) => setTimeout(resume, 10));
}

/** Another process that uses the server until it is killed. */
async function user(): Promise<ChildProcess> {
  const program = `import { startEmbedded } from ${JSON.stringify(fileURLToPath(new URL('./embedded.ts', import.meta.url)))};
    const { url } = await startEmbedded({ dir: ${JSON.stringify(dir())}, test: true }); console.log(url); setInterval(() => {}, 1000);`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  await once(child.stdout, 'data');
  return child;
}

test('starts with production settings, keeps its data and its port, and leaves nothing running', async () => {
  const first = await startEmbedded({ dir: dir() });
  expect(await ask(first.url, `SELECT current_setting('fsync') || current_setting('data_checksums')`)).toBe('onon');
  await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
  const pid = serverPid() as number;
  await first.stop();
  expect(isAlive(pid)).toBe(false);
  const second = await startEmbedded({ dir: dir() });
  expect(second.url).toBe(first.url);
  expect(await ask(second.url, 'SELECT n FROM kept')).toBe(42);
  await expect(ask(second.url.replace(/:[^:@/]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow('password');
  await second.stop();
}, 60_000);

test('is shared by processes, survives the kill of one, and stops with the last, killed or not', async () => {
  const [one, two] = await Promise.all([user(), user()]);
  const mine = await startEmbedded({ dir: dir(), test: true });
  const pid = serverPid() as number;
  one.kill('SIGKILL');
  await once(one, 'exit');
  await mine.stop();
  expect(isAlive(pid)).toBe(true);
  two.kill('SIGKILL');
  await gone(pid);
}, 60_000);

test('comes back after the server itself was killed', async () => {
  const embedded = await startEmbedded({ dir: dir(), test: true });
  const before = serverPid() as number;
  process.kill(before, 'SIGKILL');
  await gone(before);
  for (;;) {
    const answer = await ask(embedded.url, 'SELECT 1').catch(() => undefined);
    if (answer === 1) break;
    await new Promise((resume) => setTimeout(resume, 20));
  }
  await embedded.stop();
}, 60_000);

test('does not put an empty database where one that ran has gone', async () => {
  await expect(ensureServer({ dir: dir(), existing: true, test: true })).rejects.toThrow(/postgres\/data is gone/);
  expect(existsSync(dir())).toBe(false);
});

test('deletes a disposable folder only after the servers below it have ended in order', async () => {
  const outer = await startEmbedded({ dir: dir(), test: true, disposable: true });
  const server = serverPid() as number;
  const inner = await startEmbedded({ dir: join(dir(), 'inner'), test: true });
  const pid = Number(readFileSync(join(dir(), 'inner', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const stopping = outer.stop();
  await gone(server);
  await inner.stop();
  expect(isAlive(pid)).toBe(false);
  await stopping;
  expect(existsSync(dir())).toBe(false);
}, 60_000);

test.each([
  ['another process', 'echo $$; exec sleep 600'],
  ['a zombie', 'true & echo $!; exec sleep 600'],
])(
  'starts although what a killed server left behind names %s',
  async (_who, script) => {
    await (await startEmbedded({ dir: dir(), test: true })).stop();
    const { uid, gid } = statSync(join(dir(), 'data'));
    const other = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'], uid, gid });
    const [pid] = (await once(other.stdout, 'data')) as [Buffer];
    const left = [Number(pid), join(dir(), 'data'), 1_700_000_000, 5432, '', '127.0.0.1', '', 'ready'];
    writeFileSync(join(dir(), 'data', 'postmaster.pid'), `${left.join('\n')}\n`);
    const embedded = await startEmbedded({ dir: dir(), test: true });
    expect(await ask(embedded.url, 'SELECT 42')).toBe(42);
    await embedded.stop();
    expect(isAlive(other.pid as number)).toBe(true);
    other.kill('SIGKILL');
  },
  60_000,
);

test('says what to do where it may not write', async () => {
  writeFileSync(dir(), '');
  await expect(startEmbedded({ dir: dir() })).rejects.toThrow(
    /postgres'.*let this user write to it, or set LOYALTY_HOME/,
  );
});

(process.getuid?.() === 0 ? test : test.skip)(
  'as root names the folder that the server’s user cannot pass',
  async () => {
    const closed = join(home, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const start = (): Promise<Embedded> => startEmbedded({ dir: join(closed, 'postgres') });
    await expect(start()).rejects.toThrow(`chmod o+x ${closed}`);
  },
);
