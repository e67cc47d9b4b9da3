import { spawnSync } from 'node:child_process';
import {
  closeSync,
  createWriteStream,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import type { ImportReport } from './import/file-import.ts';
import { smallRetailer } from './one-answer.fixture.ts';
import {
  databaseUrl,
  endLeftovers,
  isAlive,
  loyalty,
  loyaltyJson,
  postmaster,
  temporaryHome,
  type Spawned,
} from './process.fixture.ts';

/**
 * What happens to the machine in mid-import: signals, a database that goes away, a full disk. The same command again, or the one
 * still waiting, comes to the same ledger as an undisturbed import. (kill -9 of an import: import.e2e.spec and one-answer.e2e.spec.)
 */
const tmpfs = (size: string): string[] => ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs'];
const LONG_MS = 90_000;
const SEED = 311;
const AT = '2026-06-01T00:00:00Z';
const documents = smallRetailer(SEED).map((document) => JSON.stringify(document));
const half = Math.floor(documents.length / 2);

let expected: string;
let source: Awaited<ReturnType<typeof temporaryHome>>;
let file: string;
const places: (() => Promise<void>)[] = [];

beforeAll(async () => {
  source = await temporaryHome();
  file = join(source.home, 'documents.ndjson');
  await writeFile(file, documents.join('\n'));
  const { result } = await importAll(source.home);
  expect(result).toMatchObject({ read: documents.length, accepted: documents.length });
  expected = await checksum(source.home);
}, LONG_MS);

afterAll(async () => {
  await source.remove();
  for (const remove of places) await remove();
});

describe(`an import (seed ${SEED})`, () => {
  it(
    'waits for a database that was stopped, and goes on by itself',
    async () => {
      const { home } = await fresh();
      const { run, feed } = await halfWay(home);
      const server = postmaster(home) as number;
      process.kill(server, 'SIGQUIT'); // pg_ctl stop -m immediate
      await until(() => !isAlive(server));
      feed.end(documents.slice(half).join('\n'));
      expect((await run.ended())[0]).toBe(0);
      expect(reportOf(run)).toMatchObject({ read: documents.length, rejected: 0 });
      expect(await checksum(home)).toBe(expected);
      expect(postmaster(home)).toBeUndefined();
    },
    LONG_MS,
  );

  it(
    'that is told to stop says so, leaves nothing running, and is resumed by the same command',
    async () => {
      const { home } = await fresh();
      const { run, feed } = await halfWay(home);
      const server = postmaster(home) as number;
      run.child.kill('SIGTERM');
      expect(await run.ended()).toEqual([null, 'SIGTERM']);
      feed.destroy();
      expect(run.out.stdout).toMatch(/^$|^\{"error":"Stopped by a signal[^\n]*\n$/);
      expect(isAlive(server)).toBe(false);
      await resumes(home);
    },
    LONG_MS,
  );

  it(
    'may run twice at once, beside a server that, killed, takes its database along',
    async () => {
      const { home } = await fresh();
      const server = loyalty(['start'], home, { PORT: '0', LOYALTY_DEMO: 'false' });
      await server.line(/^ready/m);
      const both = await Promise.all([importAll(home), importAll(home)]);
      for (const { code, result } of both) {
        expect([code, result]).toMatchObject([0, { read: documents.length, rejected: 0 }]);
      }
      expect(both[0].result.accepted + both[1].result.accepted).toBe(documents.length);
      expect(await checksum(home)).toBe(expected);
      await killed(server, home);
    },
    LONG_MS,
  );

  const why = withoutDisk();
  (why === undefined ? it : it.skip)(
    `waits on a full disk, and goes on when there is room${why === undefined ? '' : ` (not run: ${why})`}`,
    async () => {
      const disk = smallDisk('600m');
      const home = join(disk, 'home');
      await mkdir(home);
      const { run, feed } = await halfWay(home);
      const ballast = fill(disk);
      feed.end(documents.slice(half).join('\n'));
      await until(() => /No space left on device/.test(serverLog(home)));
      rmSync(ballast);
      expect((await run.ended())[0]).toBe(0);
      expect(reportOf(run)).toMatchObject({ read: documents.length, rejected: 0 });
      expect(await checksum(home)).toBe(expected);
    },
    LONG_MS,
  );

  (why === undefined ? it : it.skip)('that does not find room for a database says that', async () => {
    const run = loyalty(['import', file], join(smallDisk('20m'), 'home'));
    expect((await run.ended())[0]).toBe(1);
    expect(run.out.stderr).toMatch(/^PostgreSQL cannot make its files in .*\(Check free disk space\.\)\n$/);
  });
});

/** Kills a server as nothing can be prepared for. Its database must go as well. */
async function killed(server: Spawned, home: string): Promise<void> {
  const database = postmaster(home) as number;
  server.child.kill('SIGKILL');
  await server.ended();
  await until(() => !isAlive(database));
}

async function fresh(): Promise<{ home: string }> {
  const place = await temporaryHome();
  places.push(place.remove);
  return place;
}

const importAll = (home: string) => loyaltyJson<ImportReport>(['import', file], home);

/** The same command again: nothing is lost, nothing twice, the same meaning. */
async function resumes(home: string): Promise<void> {
  const { code, result } = await importAll(home);
  expect([code, result]).toMatchObject([0, { read: documents.length, rejected: 0 }]);
  expect(result.duplicate).toBeGreaterThan(0);
  expect(await checksum(home)).toBe(expected);
}

/** What the ledger comes to, once every proof of it holds. */
async function checksum(home: string): Promise<string> {
  const { code, result } = await loyaltyJson<{ checks: { ok: boolean }[] }>(['verify'], home);
  expect([code, result.checks.filter(({ ok }) => !ok)]).toEqual([0, []]);
  return (await loyaltyJson<{ checksum: string }>(['checksum', '--at', AT], home)).result.checksum;
}

/** An import that has recorded some and waits for the second half of its file, in a pipe. */
async function halfWay(home: string) {
  const pipe = join((await fresh()).home, 'pipe.ndjson');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  const run = loyalty(['import', pipe, '--json'], home);
  const feed = createWriteStream(pipe);
  feed.on('error', () => undefined);
  feed.write(`${documents.slice(0, half).join('\n')}\n`);
  await until(async () => (await recorded(home)) > 0);
  return { run, feed };
}

async function recorded(home: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl(home) ?? 'postgresql://127.0.0.1:1/' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return Number((await client.query<{ sum: string }>('SELECT sum(position) FROM purchases.heads')).rows[0]?.sum);
  } catch {
    // The server is just starting, or the tables are just being made.
    return 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await setTimeout(20);
}

function reportOf(run: Spawned): ImportReport {
  const report = JSON.parse(run.out.stdout) as ImportReport;
  expect(report.accepted + report.duplicate + report.rejected).toBe(report.read);
  return report;
}

function serverLog(home: string): string {
  const log = join(home, 'postgres', 'server.log');
  return existsSync(log) ? readFileSync(log, 'utf8') : '';
}

/** Why there can be no file system of its own, which takes root and the right to mount. Undefined: there can. Leaves nothing. */
function withoutDisk(): string | undefined {
  const probe = mkdtempSync(join(tmpdir(), 'loyalty-disk-'));
  const { status, stderr } = spawnSync('mount', [...tmpfs('1m'), probe]);
  if (status === 0) spawnSync('umount', [probe]);
  rmSync(probe, { recursive: true });
  if (status === 0) return undefined;
  const [why = ''] = String(stderr ?? 'there is no mount')
    .trim()
    .split('\n');
  process.stderr.write(`bad-days: the full disk is skipped: ${why}\n`);
  return why;
}

function smallDisk(size: string): string {
  const disk = mkdtempSync(join(tmpdir(), 'loyalty-disk-'));
  expect(spawnSync('mount', [...tmpfs(size), disk]).status).toBe(0);
  places.push(async () => {
    await endLeftovers(disk);
    spawnSync('umount', ['--lazy', disk]);
    await rm(disk, { recursive: true, force: true });
  });
  return disk;
}

/** Writes a file until nothing more fits. */
function fill(disk: string): string {
  const ballast = join(disk, 'ballast');
  const file = openSync(ballast, 'w');
  try {
    for (let size = 1_048_576; size >= 512;) {
      try {
        if (writeSync(file, Buffer.alloc(size)) < size) size /= 2;
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
        size /= 2;
      }
    }
  } finally {
    closeSync(file);
  }
  return ballast;
}
