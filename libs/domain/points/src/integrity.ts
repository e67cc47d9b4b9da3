import { transaction } from '@loyalty/database';
import { readHeads } from '@loyalty/event-store';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import type { Pool, PoolClient } from 'pg';
import { addBalance, type Balance, lotBalancesAt, noBalance } from './core/balance.ts';
import { LOTS_AT } from './lots-at.ts';
import { foldedMembers } from './folded-members.ts';
import { shardOfMember } from './member-lots.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

/** Where all points of a program stand, of one member or of all. */
export interface IntegritySums extends Balance {
  readonly program: string;
  /** sent − received: under way from one member to another. */
  readonly inTransit: number;
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
      const sums = new Map<string, Balance>();
      const add = (program: string, balance: Balance): void => {
        const total = sums.get(program) ?? noBalance();
        addBalance(total, balance);
        sums.set(program, total);
      };
      for (const { program, ...balance } of await plainSums(tx, at, member)) add(program, { ...balance, owed: 0 });
      const tangled = await tangledWallets(tx, member);
      for await (const [subject, state] of foldedMembers(tx, pool, [...tangled.keys()])) {
        for (const wallet of state.wallets.values()) {
          if (!tangled.get(subject)?.includes(wallet.program)) continue;
          for (const { balance } of lotBalancesAt(wallet, at)) add(wallet.program, balance);
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

function integrityOf(program: string, b: Balance): IntegritySums {
  const stands = b.pending + b.active + b.reserved + b.spent + b.expired + b.reversed + b.sent - b.owed;
  return { program, ...b, inTransit: b.sent - b.received, conserved: b.issued + b.received === stands };
}

async function plainSums(
  tx: PoolClient,
  at: EpochMs,
  member: string | undefined,
): Promise<({ program: string } & Omit<Balance, 'owed'>)[]> {
  const where = member === undefined ? '' : 'AND member = $2';
  const { rows } = await tx.query<{ program: string } & Omit<Balance, 'owed'>>(
    `WITH ${LOTS_AT} SELECT program, ${OF_SQL.map((bucket) => `sum(${bucket})::bigint AS ${bucket}`).join(', ')}
     FROM lots_at WHERE NOT tangled ${where} GROUP BY program`,
    member === undefined ? [formatInstant(at)] : [formatInstant(at), member],
  );
  return rows;
}

/** Programs by member. */
async function tangledWallets(tx: PoolClient, member: string | undefined): Promise<Map<string, string[]>> {
  const { rows } = await tx.query<{ member: string; programs: string[] }>(
    `SELECT member, array_agg(program) AS programs FROM ${schema}.wallets
     WHERE tangled AND ($1::text IS NULL OR member = $1) GROUP BY member ORDER BY member`,
    [member ?? null],
  );
  return new Map(rows.map(({ member: subject, programs }) => [subject, programs]));
}
