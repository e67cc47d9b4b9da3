import { compareCodePoints, formatInstant, type EpochMs } from '@loyalty/kernel';
import type { Pool, PoolClient } from 'pg';
import { type LotBalance, lotBalancesAt } from './core/balance.ts';
import { foldedMembers } from './folded-members.ts';
import { LOTS_AT } from './lots-at.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

/** A row of the cursor. */
interface Row {
  readonly member: string;
  readonly program: string;
  /** Null for a tangled wallet. */
  readonly text: string | null;
}

const PAGE = 5_000;
const SEPARATOR = '\x1f';
const AMOUNTS = [
  'issued',
  'received',
  'pending',
  'active',
  'reserved',
  'spent',
  'expired',
  'reversed',
  'sent',
  'owed',
] as const;

/**
 * The meaning of the ledger at `at`, a line a lot: member, program, lot, dates and where its points stand. Ordered by member, program and
 * lot (by code point). Then a line a closed account: member, no program, `closed` and since when, by member. No ids of events, no
 * recorded times. Depends neither on the order in which facts arrived nor on whether due expiries and repayments are written. Memory: one
 * page of lines, and one member's lots.
 */
export async function* checksumRows(pool: Pool, at: EpochMs): AsyncGenerator<string, void, undefined> {
  const tx = await pool.connect();
  try {
    await tx.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    yield* rowsOf(tx, pool, at);
    yield* closedAccounts(tx, at);
    await tx.query('COMMIT');
  } finally {
    // Also where the reader stops early: the connection is in the middle of a cursor.
    await tx.query('ROLLBACK').catch(() => undefined);
    tx.release();
  }
}

async function* rowsOf(tx: PoolClient, pool: Pool, at: EpochMs): AsyncGenerator<string, void, undefined> {
  const dates = ['active_from', "nullif(expires_at, 'infinity')"].map(
    (date) => `coalesce((extract(epoch FROM ${date}) * 1000)::bigint::text, '-')`,
  );
  const amounts = AMOUNTS.map((bucket) => (bucket === 'owed' ? '0' : bucket));
  const columns = ['member', 'program', 'lot', ...dates, ...amounts];
  const moved = '(issued, received, reserved, spent, reversed, sent) <> (0, 0, 0, 0, 0, 0)';
  const query = `WITH ${LOTS_AT}
    SELECT member, program, CASE WHEN NOT tangled THEN concat_ws(E'\\x1f', ${columns.join(', ')}) END AS text
    FROM lots_at WHERE tangled OR ${moved} ORDER BY member, program, lot`;
  const instant = `'${formatInstant(at)}'::timestamptz`;
  await tx.query(`DECLARE ledger NO SCROLL CURSOR FOR ${query.replaceAll('$1', instant)}`);
  let told = '';
  for (;;) {
    const { rows } = await tx.query<Row>(`FETCH ${PAGE} FROM ledger`);
    if (rows.length === 0) return;
    const tangled = await tangledLines(tx, pool, rows, at);
    for (const { member, program, text } of rows) {
      if (text !== null) yield text;
      else if (told !== (told = walletKey(member, program))) yield* tangled.get(told) ?? [];
    }
  }
}

async function* closedAccounts(tx: PoolClient, at: EpochMs): AsyncGenerator<string, void, undefined> {
  await tx.query(`DECLARE accounts NO SCROLL CURSOR FOR
    SELECT concat_ws(E'\\x1f', member, '', 'closed', (extract(epoch FROM at) * 1000)::bigint) AS text
    FROM (SELECT DISTINCT ON (member) member, at, closed FROM ${schema}.account_steps
          WHERE at <= '${formatInstant(at)}'::timestamptz ORDER BY member, position DESC) AS last
    WHERE closed ORDER BY member`);
  for (;;) {
    const { rows } = await tx.query<{ text: string }>(`FETCH ${PAGE} FROM accounts`);
    if (rows.length === 0) return;
    for (const { text } of rows) yield text;
  }
}

/** Lines of the page's tangled wallets, by wallet, worked out from their entries. */
async function tangledLines(
  tx: PoolClient,
  pool: Pool,
  rows: readonly Row[],
  at: EpochMs,
): Promise<Map<string, string[]>> {
  const members = [...new Set(rows.flatMap(({ member, text }) => (text === null ? [member] : [])))];
  const lines = new Map<string, string[]>();
  for await (const [member, state] of foldedMembers(tx, pool, members)) {
    for (const wallet of state.wallets.values()) {
      const lots = lotBalancesAt(wallet, at).filter(({ balance }) => AMOUNTS.some((bucket) => balance[bucket] !== 0));
      lots.sort((a, b) => compareCodePoints(a.lot.id, b.lot.id));
      lines.set(
        walletKey(member, wallet.program),
        lots.map((lot) => lineOf(member, wallet.program, lot)),
      );
    }
  }
  return lines;
}

function lineOf(member: string, program: string, { lot, balance }: LotBalance): string {
  const dates = [lot.activeFrom, lot.expiresAt].map((date) => (Number.isFinite(date) ? String(date) : '-'));
  return [member, program, lot.id, ...dates, ...AMOUNTS.map((bucket) => balance[bucket])].join(SEPARATOR);
}

const walletKey = (member: string, program: string): string => member + SEPARATOR + program;
