import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFile } from './pipeline.ts';
import { benchRow, type BenchRow } from './row.ts';

const SAMPLE_MS = 250;
const LIMIT_MB = 512;

export interface MemoryBenchOptions {
  /** The command line's entry, run as its own process. */
  readonly cli: string;
  /** Of an empty database. */
  readonly databaseUrl: string;
  /** @default 1_000_000 */
  readonly purchases?: number;
  readonly onProgress?: (what: string) => void;
}

/** Peak resident set of a process that imports a long file and runs all five services. Linux only: read from /proc. */
export async function memoryBench({
  cli,
  databaseUrl,
  purchases = 1_000_000,
  onProgress,
}: MemoryBenchOptions): Promise<BenchRow> {
  const folder = await mkdtemp(join(tmpdir(), 'loyalty-bench-'));
  try {
    onProgress?.('memory: writing the file');
    const file = await writeFile(folder, 'long', purchases, { seed: 3 });
    const child = spawn(process.execPath, [cli, 'import', file, '--json'], {
      env: { ...process.env, DATABASE_URL: databaseUrl },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = once(child, 'exit') as Promise<[number | null]>;
    const samples: number[] = [];
    const timer = setInterval(() => {
      void residentMb(child.pid as number).then((mb) => {
        if (mb === undefined) return;
        samples.push(mb);
        onProgress?.(`memory: ${Math.round(mb)} MB`);
      });
    }, SAMPLE_MS);
    const [code] = await ended;
    clearInterval(timer);
    if (code !== 0) throw new Error(`the import ended with ${code}`);
    const half = samples.slice(Math.floor(samples.length / 4), Math.floor(samples.length / 2));
    const peak = Math.max(...samples);
    const what = `peak resident set importing ${purchases} purchases; ${Math.round(Math.max(...half))} MB in the second quarter`;
    return benchRow({
      name: 'memory',
      what,
      value: peak,
      baseline: LIMIT_MB,
      unit: 'MB',
      goal: 1,
      direction: 'atMost',
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function residentMb(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    // It has just ended.
    return undefined;
  }
}
