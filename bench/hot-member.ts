import { redeemWork } from '@loyalty/points';
import type { Pool } from 'pg';
import { rowLockTransactions } from './baselines.ts';
import { emptyLedger, fund, PROGRAM } from './ledger.ts';
import { benchRow, type BenchRow } from './row.ts';

const CALLERS = 64;
const BALANCE = 100_000_000;

/**
 * Redemptions of one point by 64 callers on one member, each waiting for its answer before it asks again, divided by the naive way:
 * lock the member's row, insert, update, commit.
 */
export async function hotMemberBench(pool: Pool, seconds = 5): Promise<BenchRow> {
  const writer = await emptyLedger(pool);
  try {
    await fund(writer, ['hot'], BALANCE);
    await redeemFor(1, 'warm');
    const value = await redeemFor(seconds, 'run');
    const baseline = await rowLockTransactions(pool, CALLERS, seconds);
    return benchRow({
      name: 'hotMember',
      what: '64 callers redeem from one member',
      value,
      baseline,
      unit: 'commands/s',
      goal: 8,
    });
  } finally {
    await writer.close();
  }

  async function redeemFor(howLong: number, run: string): Promise<number> {
    const started = performance.now();
    const until = started + howLong * 1000;
    let done = 0;
    await Promise.all(
      Array.from({ length: CALLERS }, async (_, caller) => {
        for (let i = 0; performance.now() < until; i++) {
          const outcome = await writer.execute(
            redeemWork('hot', `${run}-${caller}-${i}`, { program: PROGRAM, points: 1 }),
          );
          if (outcome.kind !== 'accepted') throw new Error(`not redeemed: ${JSON.stringify(outcome)}`);
          done++;
        }
      }),
    );
    return done / ((performance.now() - started) / 1000);
  }
}
