import { redeemWork } from '@loyalty/points';
import type { Pool } from 'pg';
import { bareCommits, openLoop, quantile } from './baselines.ts';
import { earn, emptyLedger, fund, memberName, PROGRAM } from './ledger.ts';
import { benchRow, type BenchRow } from './row.ts';
import { seededRandom, zipf } from './zipf.ts';

const MEMBERS = 20_000;
const CALLERS = 64;
const BALANCE = 10_000_000;

/**
 * Redemptions at half the measured maximum for 30 s, started by the clock and not by answers, while purchases keep earning;
 * p99 from the scheduled instant, divided by the p99 of bare one-row commits at the same rate from the same pool.
 * Throws when a single redemption was not answered with success.
 */
export async function redeemBench(pool: Pool, seconds = 30): Promise<BenchRow> {
  const writer = await emptyLedger(pool);
  const rank = zipf(MEMBERS, 1, seededRandom(7));
  let number = 0;
  const redeem = async (): Promise<void> => {
    const outcome = await writer.execute(
      redeemWork(memberName(rank()), `r-${number++}`, { program: PROGRAM, points: 1 }),
    );
    if (outcome.kind !== 'accepted') throw new Error(`not redeemed: ${JSON.stringify(outcome)}`);
  };
  const background = new AbortController();
  try {
    await fund(
      writer,
      Array.from({ length: MEMBERS }, (_, i) => memberName(i)),
      BALANCE,
    );
    const earning = earn(writer, {
      count: Infinity,
      seed: 8,
      members: MEMBERS,
      prefix: 'bg',
      signal: background.signal,
      perSecond: 500,
    });
    await maximum(redeem, 3);
    const perSecond = (await maximum(redeem, 5)) / 2;
    const latencies = await openLoop(perSecond, seconds, redeem);
    background.abort();
    await earning;
    const bare = await bareCommits(pool, perSecond, Math.min(seconds, 10));
    return benchRow({
      name: 'redeem',
      what: `redeem p99 at ${Math.round(perSecond)}/s open loop, p50 ${quantile(latencies, 0.5).toFixed(1)} ms`,
      value: quantile(latencies, 0.99),
      baseline: quantile(bare, 0.99),
      unit: 'ms',
      goal: 5,
      direction: 'atMost',
    });
  } finally {
    background.abort();
    await writer.close();
  }
}

/** Closed loop: how many a second when every caller asks again at once. */
async function maximum(call: () => Promise<void>, seconds: number): Promise<number> {
  const started = performance.now();
  const until = started + seconds * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      for (; performance.now() < until; done++) await call();
    }),
  );
  return done / ((performance.now() - started) / 1000);
}
