import { parseTimestamptz } from '@loyalty/database';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { assertConserved, type Balance, balanceOfLot } from '../core/balance.ts';
import { BUCKETS, type Sums } from '../core/buckets.ts';
import { STEP_BUCKETS, type StepBucket } from '../core/wallet-steps.ts';
import { type Moment, recordedBefore } from '../moment.ts';
import { POINTS_SCHEMA as schema } from '../points-writer.ts';

/** A member's wallets as far as rows tell. */
export interface Chronicled {
  /** `none`: no history is kept; `behind`: not of all entries that are asked about; `tangled`: it cannot say, work it out. */
  readonly state: 'ready' | 'behind' | 'none' | 'tangled';
  /** Points are reserved, or lots touch each other: rows of lots do not say it all. */
  readonly intricate: boolean;
  /** Where it is ready, by program. */
  readonly balances: ReadonlyMap<string, Balance>;
  /** As of now where no history is kept and nothing is intricate: that is most members, and all there is to know. */
  readonly lots?: readonly LotStanding[];
}

export interface LotStanding {
  readonly program: string;
  readonly balance: Balance;
}

type Row = { readonly [B in StepBucket]: number | null } & {
  readonly program: string;
  readonly tangled: boolean;
  readonly intricate: boolean;
  readonly kept: boolean;
  readonly ready: boolean;
  /** In the order of BUCKETS; null where no lot was asked for. */
  readonly lot_sums: number[] | null;
  readonly lot_at: string | null;
  readonly lot_from: string | null;
  readonly lot_until: string | null;
};

const OWN = 'member = wallet.member AND program = wallet.program';

/** The first `n` steps up to $2: of each level the run that ends with the last whole one, and the steps after the last of all. */
const TAKEN = `
  SELECT sums.* FROM generate_series(0, 11) AS levels (level)
  CROSS JOIN LATERAL (SELECT known.n / (64::bigint << (2 * levels.level)) AS whole) AS runs
  CROSS JOIN LATERAL (
    SELECT ${STEP_BUCKETS.join(', ')} FROM ${schema}.wallet_step_sums AS s
    WHERE ${OWN} AND s.level = levels.level AND s.run = runs.whole - 1 AND s.at <= $2
    ORDER BY s.at DESC LIMIT 1) AS sums
  WHERE runs.whole % 4 > 0
  UNION ALL
  SELECT ${STEP_BUCKETS.join(', ')} FROM ${schema}.wallet_steps
  WHERE ${OWN} AND number > known.n - known.n % 64 AND number <= known.n AND at <= $2`;

const QUERY = `
  SELECT wallet.program, wallet.tangled, wallet.tangled OR wallet.reserved > 0 AS intricate, chronicle.member IS NOT NULL AS kept,
    coalesce(chronicle.recorded >= least(wallet.recorded, $3), false) AS ready, taken.*,
    CASE WHEN lot.lot IS NOT NULL THEN ARRAY[${BUCKETS.map((bucket) => `lot.${bucket}`).join(', ')}] END AS lot_sums,
    lot.at AS lot_at, lot.active_from AS lot_from, lot.expires_at AS lot_until
  FROM ${schema}.wallets AS wallet
  LEFT JOIN ${schema}.chronicles AS chronicle ON chronicle.member = wallet.member
  LEFT JOIN LATERAL (
    SELECT number AS n FROM ${schema}.wallet_steps WHERE ${OWN} AND recorded < $3 ORDER BY recorded DESC, number DESC LIMIT 1
  ) AS known ON true
  LEFT JOIN LATERAL (
    SELECT ${STEP_BUCKETS.map((bucket) => `sum(${bucket})::bigint AS ${bucket}`).join(', ')} FROM (${TAKEN}) AS steps
  ) AS taken ON true
  LEFT JOIN ${schema}.lots AS lot ON $4::boolean AND chronicle.member IS NULL AND NOT wallet.tangled AND wallet.reserved = 0
    AND lot.member = wallet.member AND lot.program = wallet.program
  WHERE wallet.member = $1 ORDER BY wallet.program`;

/** One statement, whatever the length of the history; where none is kept, with the lots of now. */
export async function chronicledBalances(pool: Pool, member: string, moment: Moment): Promise<Chronicled> {
  const { rows } = await pool.query<Row>({
    name: 'points chronicled balances',
    text: QUERY,
    values: [member, formatInstant(moment.at), recordedBefore(moment), moment.isNow],
  });
  const intricate = rows.some((row) => row.intricate);
  const state = stateOf(rows);
  const balances = new Map<string, Balance>();
  if (state === 'ready') {
    for (const row of rows) {
      // No step until then: the member had no such wallet yet.
      if (row.issued !== null) balances.set(row.program, balanceOf(row));
    }
  }
  if (!moment.isNow || state !== 'none' || intricate) return { state, intricate, balances };
  return { state, intricate, balances, lots: rows.flatMap((row) => standingOf(row, moment.at)) };
}

/** None of a lot that takes effect later. */
function standingOf({ program, lot_sums, lot_at, lot_from, lot_until }: Row, at: EpochMs): LotStanding[] {
  if (lot_sums === null || (instantOf(lot_at) ?? -Infinity) > at) return [];
  const sums = Object.fromEntries(BUCKETS.map((bucket, i) => [bucket, lot_sums[i]])) as Sums;
  const dates = { activeFrom: instantOf(lot_from) ?? -Infinity, expiresAt: instantOf(lot_until) ?? Infinity };
  return [{ program, balance: balanceOfLot(sums, dates, at) }];
}

const instantOf = (timestamptz: string | null): EpochMs | null =>
  timestamptz === null ? null : Math.floor(parseTimestamptz(timestamptz) / 1000);

function stateOf(rows: readonly Row[]): Chronicled['state'] {
  if (rows.some(({ tangled }) => tangled)) return 'tangled';
  if (!rows.some(({ kept }) => kept)) return 'none';
  return rows.every(({ ready }) => ready) ? 'ready' : 'behind';
}

function balanceOf(row: Row): Balance {
  const [issued, received, pending, reserved, spent, expired, reversed, sent] = STEP_BUCKETS.map(
    (bucket) => row[bucket] ?? 0,
  ) as [number, number, number, number, number, number, number, number];
  const gone = [pending, reserved, spent, expired, reversed, sent].reduce((sum, points) => sum + BigInt(points), 0n);
  const active = Number(BigInt(issued) + BigInt(received) - gone);
  const balance = { issued, received, pending, active, reserved, spent, expired, reversed, sent, owed: 0 };
  assertConserved(balance);
  return balance;
}
