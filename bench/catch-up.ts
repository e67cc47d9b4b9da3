import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { consumerStatus, waitUntilCaughtUp, type ConsumerPlace } from '@loyalty/event-log';
import type { Pool } from 'pg';
import { placeOf, type ApartLedger } from './apart-ledger.ts';
import { writeFile } from './pipeline.ts';
import { benchRow, type BenchRow } from './row.ts';

const PURCHASES = 200_000;
const SAMPLE_MS = 100;
/** Of the steady rate, the best of so many samples in a row. */
const WINDOW = 20;

export interface CatchUpOptions {
  readonly pool: Pool;
  /** Each service as a process of its own, over Kafka. */
  readonly apart: () => Promise<ApartLedger>;
  /** @default 200_000 */
  readonly purchases?: number;
  readonly onProgress?: (what: string) => void;
}

/**
 * Ratings a second that the points ledger takes in when it comes back to 200,000 of them, divided by the most that it took in for two
 * seconds while all services worked on as many.
 */
export async function catchUpBench({
  pool,
  apart,
  purchases = PURCHASES,
  onProgress,
}: CatchUpOptions): Promise<BenchRow> {
  const folder = await mkdtemp(join(tmpdir(), 'loyalty-bench-'));
  const ledger = await apart();
  const told = (what: string): void => onProgress?.(`catchUp: ${what}`);
  try {
    const place = placeOf(ledger, 'points', 'tiers');
    const first = await writeFile(folder, 'steady', purchases, { seed: 41, startMs: Date.UTC(2025, 0, 1) });
    const steady = bestRate(await progressOf(pool, place, () => ledger.importFile(first), told));
    const second = await writeFile(folder, 'behind', purchases, { seed: 42 });
    await ledger.stopPoints();
    await ledger.recordFile(second);
    await waitUntilCaughtUp(pool, [placeOf(ledger, 'tiers', 'purchases')]);
    const lag = await lagOf(pool, place);
    told(`${purchases} purchases are rated, the points ledger is ${lag} events behind`);
    if (lag < purchases) throw new Error(`the points ledger is only ${lag} events behind: somebody did its work`);
    const samples = await progressOf(
      pool,
      place,
      async () => {
        await ledger.startPoints();
        await waitUntilCaughtUp(pool, [place]);
      },
      told,
    );
    await ledger.caughtUp();
    return benchRow({
      name: 'catchUp',
      what: `the points ledger stopped while ${purchases} purchases were rated: events/s of catching up ÷ its best two seconds before`,
      value: wholeRate(samples),
      baseline: steady,
      unit: 'events/s',
      goal: 1,
    });
  } finally {
    await ledger.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Sample {
  readonly at: number;
  readonly applied: number;
}

/** How far a consumer was while something went on. */
async function progressOf(
  pool: Pool,
  place: ConsumerPlace,
  work: () => Promise<unknown>,
  told: (what: string) => void,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const done = new AbortController();
  const sampling = (async () => {
    while (!done.signal.aborted) {
      samples.push({ at: performance.now(), applied: await appliedOf(pool, place) });
      told(`${samples.at(-1)?.applied} events in the points ledger`);
      await setTimeout(SAMPLE_MS);
    }
  })();
  try {
    await work();
  } finally {
    done.abort();
    await sampling;
  }
  return samples;
}

async function appliedOf(pool: Pool, { schema, consumer, source }: ConsumerPlace): Promise<number> {
  const { rows } = await pool.query<{ applied: string }>(
    `SELECT coalesce(sum(position), 0)::text AS applied FROM ${schema}.checkpoints WHERE consumer = $1 AND source = $2`,
    [consumer, source],
  );
  return Number(rows[0]?.applied);
}

async function lagOf(pool: Pool, place: ConsumerPlace): Promise<number> {
  return (await consumerStatus(pool, place)).reduce((sum, { lag }) => sum + lag, 0);
}

const rate = (from: Sample, to: Sample): number => (to.applied - from.applied) / ((to.at - from.at) / 1000);

function bestRate(samples: readonly Sample[]): number {
  return Math.max(...samples.slice(WINDOW).map((sample, i) => rate(samples[i] as Sample, sample)));
}

/** From where it began to move until it was there. */
function wholeRate(samples: readonly Sample[]): number {
  const begun = samples.findLastIndex(({ applied }) => applied === samples[0]?.applied);
  const ended = samples.findIndex(({ applied }) => applied === samples.at(-1)?.applied);
  return rate(samples[begun] as Sample, samples[ended] as Sample);
}
