import { copyOut } from '@loyalty/database';
import { closeBlocks, verifyLog } from '@loyalty/event-store';
import { points, POINTS_SCHEMA as schema } from '@loyalty/points';
import type { Pool } from 'pg';
import { earn, emptyLedger } from './ledger.ts';
import { benchRow, median, type BenchRow } from './row.ts';

const MEMBERS = 20_000;
const ROUNDS = 5;

export interface VerifyBenchOptions {
  readonly pool: Pool;
  readonly url: string;
  /** @default 300_000 */
  readonly events?: number;
  readonly onProgress?: (what: string) => void;
}

/**
 * Events verified a second, as `loyalty verify` does it: the chain, the blocks, and that the postings of each event sum to zero, from
 * which it follows that points are conserved for every member and over all. Divided by events a second when the same rows come
 * into the same process and nobody looks at them: by binary COPY, two shards at once, the fastest way there is (`pg`'s own rows
 * take three times as long).
 */
export async function verifyBench({ pool, url, events = 300_000, onProgress }: VerifyBenchOptions): Promise<BenchRow> {
  const writer = await emptyLedger(pool);
  await earn(writer, {
    count: events,
    seed: 4,
    members: MEMBERS,
    prefix: 'v',
    onProgress: (done) => onProgress?.(`verify: ${done} events written`),
  });
  await writer.close();
  while ((await closeBlocks(pool, schema)).closed > 0);
  // As a log is when it is verified: read models do not change under it, statistics are there.
  await pool.query('VACUUM ANALYZE');
  const streams: number[] = [];
  const verifications: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    streams.push(await rate(() => stream(pool)));
    onProgress?.(`verify: streamed at ${Math.round(streams.at(-1) ?? 0)}/s`);
    verifications.push(await rate(() => verify(pool, url)));
    onProgress?.(`verify: verified at ${Math.round(verifications.at(-1) ?? 0)}/s`);
  }
  return benchRow({
    name: 'verify',
    what: 'chain, blocks and postings that sum to zero ÷ streaming the same rows',
    value: median(verifications),
    baseline: median(streams),
    unit: 'events/s',
    goal: 0.3,
  });
}

async function rate(work: () => Promise<number>): Promise<number> {
  const started = performance.now();
  return (await work()) / ((performance.now() - started) / 1000);
}

async function verify(pool: Pool, url: string): Promise<number> {
  const { service, eventCheck } = points;
  const results = await verifyLog(pool, { schema, service, eventCheck, url });
  const wrong = results.find(({ ok, odd }) => !ok || odd.length > 0);
  if (wrong) throw new Error(`not verified: ${JSON.stringify(wrong)}`);
  return results.reduce((sum, { checked }) => sum + checked, 0);
}

async function stream(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ shard: number }>(`SELECT shard FROM ${schema}.heads ORDER BY shard`);
  let count = 0;
  const lane = async (): Promise<void> => {
    const client = await pool.connect();
    try {
      for (let row = rows.shift(); row; row = rows.shift()) {
        const text = `COPY (SELECT * FROM ${schema}.events WHERE shard = ${row.shard} ORDER BY position) TO STDOUT (FORMAT binary)`;
        await copyOut(client, text, () => count++);
      }
    } finally {
      client.release();
    }
  };
  await Promise.all([lane(), lane()]);
  return count;
}
