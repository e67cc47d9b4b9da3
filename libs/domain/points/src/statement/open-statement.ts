import { parseTimestamptz } from '@loyalty/database';
import { readHeads } from '@loyalty/event-store';
import { type EpochMs, formatInstant, timeZone } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { balanceAt, lotBalancesAt } from '../core/balance.ts';
import { evolve } from '../core/evolve.ts';
import { type FullState, fullState, newWallet, type Wallet } from '../core/wallet.ts';
import { balanceChange, type Entry, ENTRY_COLUMNS, entryOf, type EntryRow } from '../entry.ts';
import { zoneOf } from '../explain/explain-entry.ts';
import { shardOfMember } from '../member-lots.ts';
import { POINTS_SCHEMA as schema } from '../points-writer.ts';
import { statementPeriod, type StatementPeriod } from './statement-period.ts';
import { statementWallet } from './statement-wallet.ts';

/** Rows in memory at once. What is kept besides is the wallet: its lots. */
const PAGE = 500;

/** Where a wallet stands at the edge of a period. balance + due = pending + active − owed. */
export interface Standing {
  /** What it holds, pending or active, less what it owes, as booked. */
  readonly balance: number;
  readonly pending: number;
  readonly active: number;
  readonly reserved: number;
  readonly owed: number;
  /** In effect by then but booked later (an expiry, the end of a reservation), or booked ahead of its own time. Almost always 0. */
  readonly due: number;
}

/** Points that time alone will move, as known at the end of the period. */
export interface Upcoming {
  readonly at: string;
  /** Points that can be spent from then on. */
  readonly active: number;
  /** Points that are gone from then on. */
  readonly gone: number;
}

export interface StatementLine {
  readonly entry: Entry;
  /** What it adds to the balance. */
  readonly points: number;
  readonly balance: number;
}

/** The member's account, which is one for all programs. */
export interface StatementAccount {
  /** Since when it is closed at the end of the period; null = open. */
  readonly closedAt: string | null;
  /** Closings and reopenings booked in the period. No points move by them. */
  readonly steps: readonly Entry[];
}

export interface StatementEnd {
  readonly closing: Standing;
  readonly upcoming: readonly Upcoming[];
  readonly account: StatementAccount;
}

/** A member's statement, to be read once from front to back. */
export interface Statement extends StatementPeriod {
  readonly member: string;
  readonly program: string;
  readonly timeZone: string;
  readonly issuedAt: EpochMs;
  /** How far the log went when it was opened: `shard/position`. */
  readonly upto: string;
  readonly opening: Standing;
  /** In the order booked. Its return value ends the statement; opening.balance + the lines' points = closing.balance. */
  readonly lines: AsyncGenerator<StatementLine, StatementEnd, void>;
}

export interface StatementRequest {
  readonly member: string;
  readonly program?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * A statement in the order in which entries were booked: what it says about a past period never changes, and sums add up without
 * anything being worked out again. (By effective time every late purchase would change statements already sent.) The log is read
 * once, a page at a time, whatever the length of the period.
 */
export async function openStatement(pool: Pool, asked: StatementRequest, now: EpochMs): Promise<Statement> {
  const { member } = asked;
  const program = await statementWallet(pool, member, asked.program);
  const [zone, shard, heads] = await Promise.all([
    zoneOf(pool, program),
    shardOfMember(pool, member),
    readHeads(pool, schema),
  ]);
  const head = heads.find((each) => each.shard === shard);
  const upto = head?.position ?? 0;
  // The database's clock may be ahead of this one: what is booked is not in the future.
  const present = Math.max(now, Math.floor((head?.recorded ?? 0) / 1000) + 1);
  const period = statementPeriod(asked, timeZone(zone), present);
  const fold = new WalletFold(program);
  const rows = rowsOf(pool, shard, member, upto, period.to);
  const first = await foldUntil(fold, rows, period.from);
  return {
    member,
    program,
    timeZone: zone,
    ...period,
    issuedAt: now,
    upto: `${shard}/${upto}`,
    opening: fold.standing(period.from),
    lines: linesOf(fold, first, rows, period.to),
  };
}

/** A member's wallet while its entries go by. */
class WalletFold {
  readonly #state: FullState = fullState();

  constructor(private readonly program: string) {}

  get wallet(): Wallet {
    return this.#state.wallets.get(this.program) ?? newWallet(this.program);
  }

  get closedAt(): string | null {
    const { closedAt } = this.#state;
    return closedAt === null ? null : formatInstant(closedAt);
  }

  get balance(): number {
    const { held, owed } = this.wallet.written;
    return held + owed;
  }

  /** The entry, where it is one of this wallet. Of a member's other events (requests, say) none moves points. */
  take(row: EntryRow): Entry | undefined {
    evolve(this.#state, { type: row.type, time: parseTimestamptz(row.time) / 1000, data: row.data });
    if (!row.type.startsWith('points.')) return undefined;
    const entry = entryOf(row);
    return entry.program === this.program ? entry : undefined;
  }

  /** Just before an instant. */
  standing(before: EpochMs): Standing {
    const { pending, active, reserved, owed } = balanceAt(this.wallet, before - 1);
    return { balance: this.balance, pending, active, reserved, owed, due: pending + active - owed - this.balance };
  }

  upcoming(before: EpochMs): Upcoming[] {
    const moments = new Map<EpochMs, { active: number; gone: number }>();
    const at = (instant: EpochMs) => moments.get(instant) ?? moments.set(instant, { active: 0, gone: 0 }).get(instant)!;
    for (const { lot, balance } of lotBalancesAt(this.wallet, before - 1)) {
      const { pending, active } = balance;
      if (pending > 0) at(lot.activeFrom).active += pending;
      if (pending + active > 0 && lot.expiresAt !== Infinity) at(lot.expiresAt).gone += pending + active;
    }
    return [...moments]
      .sort(([a], [b]) => a - b)
      .map(([instant, points]) => ({ at: formatInstant(instant), ...points }));
  }
}

async function* rowsOf(pool: Pool, shard: number, member: string, upto: number, before: EpochMs) {
  for (let after = 0; ;) {
    const { rows } = await pool.query<EntryRow>({
      name: 'points entries onward',
      text: `SELECT ${ENTRY_COLUMNS} FROM ${schema}.events WHERE shard = $1 AND subject = $2 AND position > $3 AND position <= $4
             ORDER BY position LIMIT ${PAGE}`,
      values: [shard, member, after, upto],
    });
    for (const row of rows) {
      // Recorded times never go back within a shard.
      if (parseTimestamptz(row.recorded) >= before * 1000) return;
      yield row;
    }
    const last = rows.at(-1);
    if (rows.length < PAGE || last === undefined) return;
    after = last.position;
  }
}

type Rows = AsyncGenerator<EntryRow, void, void>;

/** Takes what was booked before `from`; gives the first row after that. */
async function foldUntil(fold: WalletFold, rows: Rows, from: EpochMs): Promise<EntryRow | undefined> {
  for (let next = await rows.next(); !next.done; next = await rows.next()) {
    if (parseTimestamptz(next.value.recorded) >= from * 1000) return next.value;
    fold.take(next.value);
  }
  return undefined;
}

async function* linesOf(
  fold: WalletFold,
  first: EntryRow | undefined,
  rows: Rows,
  to: EpochMs,
): AsyncGenerator<StatementLine, StatementEnd, void> {
  const steps: Entry[] = [];
  for (let row = first; row !== undefined;) {
    if (row.type.startsWith('account.')) steps.push(entryOf(row));
    const entry = fold.take(row);
    if (entry) yield { entry, points: balanceChange(entry), balance: fold.balance };
    const next = await rows.next();
    row = next.done ? undefined : next.value;
  }
  return { closing: fold.standing(to), upcoming: fold.upcoming(to), account: { closedAt: fold.closedAt, steps } };
}
