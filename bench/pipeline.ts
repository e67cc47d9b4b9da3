import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import type { Pool } from 'pg';
import { rawTransactions } from './baselines.ts';
import { purchaseDocuments, type LoadOptions } from './load.ts';
import { benchRow, type BenchRow } from './row.ts';

/** All five services in this process on an empty database, as the app composes them. */
export interface BenchedLedger {
  /** Imports an NDJSON file through the real door and resolves when all five services have caught up. */
  importFile(file: string, onProgress?: (read: number) => void): Promise<{ read: number; accepted: number }>;
  close(): Promise<void>;
}

export interface PipelineBenchOptions {
  readonly pool: Pool;
  readonly openLedger: () => Promise<BenchedLedger>;
  /** @default 60_000 */
  readonly purchases?: number;
  readonly onProgress?: (what: string) => void;
}

const WARM = 5_000;

/** Purchases a second from a file until ratings, tiers, points and analytics stand, divided by raw transactions of 1,000. */
export async function pipelineBench(options: PipelineBenchOptions): Promise<BenchRow> {
  const { pool, openLedger, purchases = 60_000, onProgress } = options;
  const folder = await mkdtemp(join(tmpdir(), 'loyalty-bench-'));
  const ledger = await openLedger();
  try {
    const warm = await writeFile(folder, 'warm', WARM, { seed: 1, startMs: Date.UTC(2025, 0, 1) });
    const file = await writeFile(folder, 'run', purchases, { seed: 2 });
    await ledger.importFile(warm);
    const started = performance.now();
    const { read, accepted } = await ledger.importFile(file, (n) =>
      onProgress?.(`pipeline: ${n} of ${purchases} purchases`),
    );
    const value = purchases / ((performance.now() - started) / 1000);
    if (read !== purchases || accepted !== purchases)
      throw new Error(`${accepted} of ${read} accepted, not ${purchases}`);
    onProgress?.('raw transactions');
    const baseline = await rawTransactions(pool, [
      ...purchaseDocuments(Math.min(purchases, 100_000), { seed: 2, prefix: 'raw' }),
    ]);
    const what = `${purchases} purchases of 3 lines, file to five services caught up`;
    return benchRow({ name: 'pipeline', what, value, baseline, unit: 'purchases/s', goal: 0.08 });
  } finally {
    await ledger.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes an NDJSON file of purchases. */
export async function writeFile(
  folder: string,
  prefix: string,
  count: number,
  load: Omit<LoadOptions, 'prefix'>,
): Promise<string> {
  const file = join(folder, `${prefix}.ndjson`);
  const lines = (function* () {
    for (const document of purchaseDocuments(count, { ...load, prefix })) yield `${document}\n`;
  })();
  await pipe(Readable.from(lines, { objectMode: true }), createWriteStream(file));
  return file;
}
