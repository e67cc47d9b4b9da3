import type { Database } from '@loyalty/database';
import { compareCodePoints, type EpochMs, formatInstant, parseInstant } from '@loyalty/kernel';
import { addBalance, lotBalancesAt, noBalance, spendable } from '../core/balance.ts';
import { plainTimeline, type TimelineStep, walkedTimeline } from '../core/timeline.ts';
import { loadFull } from '../load-states.ts';
import { isIntricate, memberLots, shardOfMember } from '../member-lots.ts';
import { now as present } from '../moment.ts';
import { POINTS_SCHEMA as schema } from '../points-writer.ts';

type Amounts = Pick<TimelineStep, 'activates' | 'released' | 'expires' | 'repays'>;

/** What is known to come of one wallet. */
export interface WalletTimeline {
  readonly program: string;
  /** What can be spent now. */
  readonly spendable: number;
  /** In the order of time. */
  readonly steps: readonly (Omit<TimelineStep, 'at'> & { readonly at: string })[];
  /** Of all steps. */
  readonly totals: Amounts;
  /** Steps that the limit left out; the totals count them. */
  readonly further: number;
}

/** What time alone will do to a member's wallets if nothing else happens, by program. */
export async function readTimeline(
  database: Database,
  member: string,
  now: EpochMs,
  limit: number,
): Promise<WalletTimeline[]> {
  const { pool, dataSource } = database;
  if (!(await isIntricate(dataSource, member))) return plainTimelines(database, member, now, limit);
  const shard = await shardOfMember(pool, member);
  const state = (await loadFull(pool, schema, [{ subject: member, shard }])).get(member);
  const wallets = [...(state?.wallets.values() ?? [])].sort((a, b) => compareCodePoints(a.program, b.program));
  return wallets.map((wallet) => {
    const steps = walkedTimeline(wallet, now);
    const balance = noBalance();
    for (const lot of lotBalancesAt(wallet, now)) addBalance(balance, lot.balance);
    return timeline(wallet.program, spendable(balance), steps, limit);
  });
}

async function plainTimelines(
  database: Database,
  member: string,
  now: EpochMs,
  limit: number,
): Promise<WalletTimeline[]> {
  const { lots } = await memberLots(database, member, present(now), false);
  return [...Map.groupBy(lots, ({ program }) => program)].map(([program, own]) => {
    const dated = own.map(({ activeFrom, expiresAt, balance }) => ({
      lot: { activeFrom: instantOr(activeFrom, -Infinity), expiresAt: instantOr(expiresAt, Infinity) },
      balance,
    }));
    const active = own.reduce((sum, { balance }) => sum + balance.active, 0);
    return timeline(program, active, plainTimeline(dated), limit);
  });
}

const instantOr = (text: string | null, otherwise: number): number =>
  text === null ? otherwise : (parseInstant(text) ?? otherwise);

function timeline(program: string, left: number, steps: readonly TimelineStep[], limit: number): WalletTimeline {
  const totals = { activates: 0, released: 0, expires: 0, repays: 0 };
  for (const step of steps) for (const what of Object.keys(totals) as (keyof Amounts)[]) totals[what] += step[what];
  const shown = steps.slice(0, limit).map((step) => ({ ...step, at: formatInstant(step.at) }));
  return { program, spendable: left, steps: shown, totals, further: steps.length - shown.length };
}
