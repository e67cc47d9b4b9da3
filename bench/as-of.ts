import { setTimeout } from 'node:timers/promises';
import { openDatabase } from '@loyalty/database';
import { momentOf, pointsEntities, readBalances, redeemWork, type PointsWriter } from '@loyalty/points';
import type { Pool } from 'pg';
import { quantile } from './baselines.ts';
import { emptyLedger, PROGRAM } from './ledger.ts';
import { benchRow, type BenchRow } from './row.ts';
import { seededRandom } from './zipf.ts';

const MEMBER = 'm-long';
const ENTRIES = 10_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2024, 0, 1);
const CALLS = 5_000;
const BATCH = 100;

export interface AsOfBenchOptions {
  readonly pool: Pool;
  readonly url: string;
  readonly onProgress?: (what: string) => void;
}

/**
 * Balances of one member with a long history as of any instant, half of them as known at any time, asked one after the other and in turn
 * with the balance now. Beside both the barest question there is: the member's wallet row by its key.
 */
export async function asOfBench({ pool, url, onProgress }: AsOfBenchOptions): Promise<BenchRow> {
  let now = START;
  const writer = await emptyLedger(pool, { clock: () => now * 1000 });
  const database = await openDatabase({ url, name: 'bench', entities: pointsEntities });
  try {
    now = await longHistory(writer, (at) => (now = at));
    await pool.query('VACUUM ANALYZE points.events, points.lots, points.wallets');
    const begun = performance.now();
    const fold = await timed(() => readBalances(database, MEMBER, momentOf({ at: iso(now) })));
    await untilKept(pool);
    onProgress?.(
      `worked out from entries in ${fold.toFixed(0)} ms, kept ${(performance.now() - begun).toFixed(0)} ms later`,
    );
    await pool.query('VACUUM ANALYZE points.wallet_steps, points.wallet_step_sums');
    const random = seededRandom(3);
    const any = (): string => iso(START + random() * (now - START + 90 * DAY));
    const bare = { name: 'bench wallet', text: 'SELECT * FROM points.wallets WHERE member = $1', values: [MEMBER] };
    const timings = { asOf: [] as number[], now: [] as number[], seek: [] as number[] };
    for (let call = -500; call < CALLS; call++) {
      const query = call % 2 === 0 ? { at: any() } : { at: any(), known: any() };
      const asOf = await timed(() => readBalances(database, MEMBER, momentOf(query)));
      const balance = await timed(() => readBalances(database, MEMBER, momentOf({})));
      const seek = await timed(() => database.pool.query(bare));
      if (call < 0) continue;
      timings.asOf.push(asOf);
      timings.now.push(balance);
      timings.seek.push(seek);
    }
    const told = (times: readonly number[]): string =>
      `p50 ${quantile(times, 0.5).toFixed(2)}, p99 ${quantile(times, 0.99).toFixed(2)} ms`;
    const { rows } = await pool.query<{ steps: number; sums: number }>(
      'SELECT (SELECT count(*) FROM points.wallet_steps) AS steps, (SELECT count(*) FROM points.wallet_step_sums) AS sums',
    );
    onProgress?.(`${JSON.stringify(rows[0])}; as of ${told(timings.asOf)}; now ${told(timings.now)}`);
    return benchRow({
      name: 'asOf',
      what: `balance as of any instant, half of them as known at any time, ÷ balance now: ${ENTRIES} entries; ${told(timings.asOf)}; the wallet’s bare row by its key: ${told(timings.seek)}`,
      value: quantile(timings.asOf, 0.99),
      baseline: quantile(timings.now, 0.99),
      unit: 'ms',
      goal: 1.5,
      direction: 'atMost',
    });
  } finally {
    await writer.close();
    await database.close();
  }
}

const iso = (at: number): string => new Date(at).toISOString();

async function timed(call: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await call();
  return performance.now() - started;
}

/** Purchases with lots that expire, one of ten told up to a year late, and redemptions between. @returns when it ends */
async function longHistory(writer: PointsWriter, clock: (at: number) => void): Promise<number> {
  const random = seededRandom(5);
  let at = START;
  for (let done = 0; done < ENTRIES; done += BATCH) {
    at += BATCH * 2 * HOUR;
    clock(at);
    const works = Array.from({ length: BATCH }, (_, i) => {
      if (i % 10 === 9) return redeemWork(MEMBER, `r-${done + i}`, { program: PROGRAM, points: 20 });
      const late = random() < 0.1 ? Math.floor(random() * 365) * DAY : 0;
      return rated(`${done + i}`, at - late - (BATCH - i) * HOUR, 10 + Math.floor(random() * 90));
    });
    for (const outcome of await writer.executeMany(works)) {
      if (outcome.kind !== 'accepted') throw new Error(`not booked: ${JSON.stringify(outcome)}`);
    }
  }
  return at;
}

function rated(id: string, at: number, points: number) {
  const end = new Date(at + 365 * DAY);
  return {
    subject: MEMBER,
    input: {
      kind: 'rate' as const,
      first: true,
      reason: 'purchase',
      rating: {
        purchase: { source: 'bench', id },
        at: iso(at),
        program: PROGRAM,
        version: 'v1',
        tier: 'bronze',
        points,
        cells: [{ line: 1, rule: 'base', points }],
        activeFrom: iso(at + 14 * DAY),
        expiresAt: iso(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 1)),
        shortfall: 'owe' as const,
      },
    },
  };
}

/** The first question has it made, in the background. */
async function untilKept(pool: Pool): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const { rowCount } = await pool.query('SELECT FROM points.chronicles WHERE position > 0');
    if (rowCount === 1) return;
    await setTimeout(100);
  }
  throw new Error('the history is not kept');
}
