import { transaction } from '@loyalty/database';
import { readHeads } from '@loyalty/event-store';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import type { Pool, PoolClient } from 'pg';
import { type Balance, lotBalancesAt } from './core/balance.ts';
import { LOTS_AT } from './lots-at.ts';
import { foldedMembers } from './folded-members.ts';
import { shardOfMember } from './member-lots.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

type Bucket = keyof Balance;
type Totals = Record<Bucket, bigint>;

/**
 * Where all points of a program stand, of one member or of all. Exact decimal text: one wallet holds at most 2^53-1 points, all of
 * them together more than a JSON number (or a bigint column) does.
 */
export interface IntegritySums extends Readonly<Record<Bucket, string>> {
  readonly program: string;
  /** sent − received: under way from one member to another. */
  readonly inTransit: string;
  /** issued + received = pending + active + reserved + spent + expired + reversed + sent − owed. */
  readonly conserved: boolean;
}

export interface Integrity {
  readonly at: string;
  readonly sums: readonly IntegritySums[];
  /** How far the log went when this was read. */
  readonly positions: readonly { readonly shard: number; readonly position: number; readonly hash: string }[];
}

const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
const OF_SQL = ['issued', 'received', 'pending', 'active', 'reserved', 'spent', 'expired', 'reversed', 'sent'] as const;

/** The sums at `at` with the log positions they stand on, read at one instant. */
export function readIntegrity(pool: Pool, at: EpochMs, member?: string): Promise<Integrity> {
  return transaction(
    pool,
    async (tx) => {
      const sums = await plainSums(tx, at, member);
      const tangled = await tangledWallets(tx, member);
      for await (const [subject, state] of foldedMembers(tx, pool, [...tangled.keys()])) {
        for (const wallet of state.wallets.values()) {
          if (!tangled.get(subject)?.includes(wallet.program)) continue;
          const total = sums.get(wallet.program) ?? noTotals();
          for (const { balance } of lotBalancesAt(wallet, at)) addBalance(total, balance);
          sums.set(wallet.program, total);
        }
      }
      const heads = await readHeads(tx, schema);
      const own = member === undefined ? undefined : await shardOfMember(pool, member);
      return {
        at: formatInstant(at),
        sums: [...sums]
          .map(([program, balance]) => integrityOf(program, balance))
          .sort((a, b) => (a.program < b.program ? -1 : 1)),
        positions: heads
          .filter(({ shard }) => own === undefined || shard === own)
          .map(({ shard, position, hash }) => ({ shard, position, hash })),
      };
    },
    SNAPSHOT,
  );
}

function noTotals(): Totals {
  return { ...Object.fromEntries(OF_SQL.map((bucket) => [bucket, 0n])), owed: 0n } as Totals;
}

function addBalance(total: Totals, more: Balance): void {
  for (const bucket of Object.keys(total) as Bucket[]) total[bucket] += BigInt(more[bucket]);
}

function integrityOf(program: string, b: Totals): IntegritySums {
  const stands = b.pending + b.active + b.reserved + b.spent + b.expired + b.reversed + b.sent - b.owed;
  const told = Object.fromEntries(Object.entries(b).map(([bucket, points]) => [bucket, String(points)]));
  return {
    program,
    ...(told as Record<Bucket, string>),
    inTransit: String(b.sent - b.received),
    conserved: b.issued + b.received === stands,
  };
}

/** By program, of the wallets that never owed anything. */
async function plainSums(tx: PoolClient, at: EpochMs, member: string | undefined): Promise<Map<string, Totals>> {
  const where = member === undefined ? '' : 'AND member = $2';
  const { rows } = await tx.query<{ program: string } & Record<(typeof OF_SQL)[number], string>>(
    `WITH ${LOTS_AT} SELECT program, ${OF_SQL.map((bucket) => `sum(${bucket}) AS ${bucket}`).join(', ')}
     FROM lots_at WHERE NOT tangled ${where} GROUP BY program`,
    member === undefined ? [formatInstant(at)] : [formatInstant(at), member],
  );
  return new Map(
    rows.map((row) => {
      const total = noTotals();
      for (const bucket of OF_SQL) total[bucket] = BigInt(row[bucket]);
      return [row.program, total];
    }),
  );
}

/** Programs by member, of wallets whose rows do not say it all. */
async function tangledWallets(tx: PoolClient, member: string | undefined): Promise<Map<string, string[]>> {
  const { rows } = await tx.query<{ member: string; programs: string[] }>(
    `SELECT member, array_agg(program) AS programs FROM ${schema}.wallets
     WHERE (tangled OR reserved > 0) AND ($1::text IS NULL OR member = $1) GROUP BY member ORDER BY member`,
    [member ?? null],
  );
  return new Map(rows.map(({ member: subject, programs }) => [subject, programs]));
}
