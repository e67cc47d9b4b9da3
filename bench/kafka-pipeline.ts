import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFile, type BenchedLedger } from './pipeline.ts';
import { benchRow, type BenchRow } from './row.ts';

const WARM = 5_000;
const PURCHASES = 60_000;

export interface KafkaPipelineOptions {
  /** All services in this process, each time on an empty database. */
  readonly embedded: () => Promise<BenchedLedger>;
  /** Each as a process of its own, over Kafka. */
  readonly apart: () => Promise<BenchedLedger>;
  /** @default 60_000 */
  readonly purchases?: number;
  readonly onProgress?: (what: string) => void;
}

/** Purchases a second from a file until all five services have caught up: as processes of their own over Kafka, divided by in one. */
export async function kafkaPipelineBench(options: KafkaPipelineOptions): Promise<BenchRow> {
  const { embedded, apart, purchases = PURCHASES, onProgress } = options;
  const folder = await mkdtemp(join(tmpdir(), 'loyalty-bench-'));
  try {
    const warm = await writeFile(folder, 'warm', WARM, { seed: 1, startMs: Date.UTC(2025, 0, 1) });
    const file = await writeFile(folder, 'run', purchases, { seed: 2 });
    const measured = async (name: string, open: () => Promise<BenchedLedger>): Promise<number> => {
      const ledger = await open();
      try {
        await ledger.importFile(warm);
        const started = performance.now();
        const { accepted } = await ledger.importFile(file);
        if (accepted !== purchases) throw new Error(`${accepted} accepted, not ${purchases}`);
        const rate = purchases / ((performance.now() - started) / 1000);
        onProgress?.(`kafkaPipeline: ${name} ${Math.round(rate)} purchases/s`);
        return rate;
      } finally {
        await ledger.close();
      }
    };
    const baseline = await measured('in one process', embedded);
    const value = await measured('apart', apart);
    const what = `${purchases} purchases of 3 lines, file to five services caught up: apart over Kafka ÷ in one process`;
    return benchRow({ name: 'kafkaPipeline', what, value, baseline, unit: 'purchases/s', goal: 0.6 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
