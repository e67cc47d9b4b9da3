import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../bin/loyalty.mjs', import.meta.url));

/** A folder for one test's ledger. As root the database runs as another user, who must be able to pass. */
export async function temporaryHome(): Promise<{ home: string; remove(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'loyalty-e2e-'));
  await chmod(home, 0o755);
  return { home, remove: () => endLeftovers(home).then(() => rm(home, { recursive: true, force: true })) };
}

const started = new Set<{ child: ChildProcess; home: string; ended: () => Promise<unknown> }>();

/** Kills what a failed test left running on a home (or below a folder): the run would wait for it for ever. */
export async function endLeftovers(folder: string): Promise<void> {
  for (const each of started) {
    if (!each.home.startsWith(folder)) continue;
    each.child.kill('SIGKILL');
    await each.ended();
  }
}

export interface Spawned {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly out: { stdout: string; stderr: string };
  /** Resolves with the first line of standard output that fits; rejects when the process ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Code and signal. */
  ended(): Promise<[number | null, NodeJS.Signals | null]>;
}

/** Ends with who started it, however that ended: an interrupted run leaves nothing running. */
const NOT_ALONE = `data:text/javascript,${encodeURIComponent(
  "process.on('disconnect', () => process.kill(process.pid, 'SIGTERM')); process.channel.unref();",
)}`;

/** Starts the command line as a user would, without a shell or npm between: its signals are then its own. */
export function loyalty(args: readonly string[], home: string, variables: Record<string, string> = {}): Spawned {
  return start([BIN, ...args], home, variables);
}

/** Starts one of the services as a process of its own; it tells `ready <url>`. */
export function service(app: string, home: string, variables: Record<string, string> = {}): Spawned {
  return start([fileURLToPath(new URL(`../../${app}/dist/main.js`, import.meta.url))], home, variables);
}

function start(program: readonly string[], home: string, variables: Record<string, string>): Spawned {
  const env = { PATH: process.env['PATH'], LOYALTY_HOME: home, LOG_FORMAT: 'json', LOG_LEVEL: 'warn', ...variables };
  const child = spawn(process.execPath, ['--import', NOT_ALONE, '--enable-source-maps', ...program], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const out = { stdout: '', stderr: '' };
  const end = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const entry = { child, home, ended: () => end };
  started.add(entry);
  void end.then(() => started.delete(entry));
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (out.stderr += text));
  return {
    child,
    out,
    ended: () => end,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(out.stdout);
          if (found) resolve(found);
        };
        child.stdout?.on('data', look);
        look();
        void end.then(() => reject(new Error(`ended without ${pattern}: ${out.stdout}\n${out.stderr}`)));
      }),
  };
}

/** Runs a command to its end and gives what it printed as JSON. */
export async function loyaltyJson<T>(
  args: readonly string[],
  home: string,
  variables: Record<string, string> = {},
): Promise<{ code: number | null; result: T }> {
  const run = loyalty([...args, '--json'], home, variables);
  const [code] = await run.ended();
  try {
    return { code, result: JSON.parse(run.out.stdout) as T };
  } catch {
    throw new Error(`no JSON on standard output (exit ${code}): ${run.out.stdout}\n${run.out.stderr}`);
  }
}

/** The process id of the embedded server's postmaster, while its pid file is there. */
export function postmaster(home: string): number | undefined {
  const file = join(home, 'postgres', 'data', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

/** Of the embedded server of a home; undefined while it has not started. */
export function databaseUrl(home: string): string | undefined {
  const [pid, password] = [join(home, 'postgres', 'data', 'postmaster.pid'), join(home, 'postgres', 'password')];
  const port = existsSync(pid) ? readFileSync(pid, 'utf8').split('\n')[3] : undefined;
  if (!port || !existsSync(password)) return undefined;
  return `postgresql://postgres:${readFileSync(password, 'utf8').trim()}@127.0.0.1:${port}/loyalty`;
}

/** Where nobody reaps orphans (a container without init) an ended process stays as a zombie: that is not alive. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = `/proc/${pid}/stat`;
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
  } catch {
    return false;
  }
}
