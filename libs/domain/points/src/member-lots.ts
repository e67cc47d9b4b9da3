import type { Database } from '@loyalty/database';
import { readLog } from '@loyalty/event-store';
import { compareCodePoints, formatInstant, shardOf, type EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { type DataSource, MoreThan } from 'typeorm';
import { type Balance, balanceOfLot, lotBalancesAt } from './core/balance.ts';
import type { LotOrigin } from './core/lot.ts';
import { LotRow } from './lot.entity.ts';
import { loadFull } from './load-states.ts';
import { type Moment, recordedBefore } from './moment.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';
import { WalletRow } from './wallet.entity.ts';

/** A lot as it stands at an instant. Dates are null while its purchase is not rated yet. */
export interface MemberLot {
  readonly program: string;
  readonly lot: string;
  readonly origin: LotOrigin;
  readonly at: string | null;
  readonly activeFrom: string | null;
  /** null = never. */
  readonly expiresAt: string | null;
  readonly balance: Balance;
}

export interface MemberLots {
  readonly lots: MemberLot[];
  /** How many lots, and moves of them, it took to tell. */
  readonly weight: number;
}

const shards = new WeakMap<Pool, Promise<number>>();

/** The shard of the points log that holds a member. */
export async function shardOfMember(pool: Pool, member: string): Promise<number> {
  let known = shards.get(pool);
  if (!known) shards.set(pool, (known = readLog(pool, schema).then((log) => log.shards)));
  return shardOf(member, await known);
}

/**
 * A member's lots at a moment, in the order of program and lot. As of now, with nothing ever owed and nothing reserved, rows of the
 * read model say it all; else it is worked out from the member's entries.
 * @param intricate whether rows say less than all, where the caller knows
 */
export async function memberLots(
  database: Database,
  member: string,
  moment: Moment,
  intricate?: boolean,
): Promise<MemberLots> {
  const { pool, dataSource } = database;
  const { at, isNow } = moment;
  const rowsSayAll = isNow && !(intricate ?? (await isIntricate(dataSource, member)));
  if (rowsSayAll) {
    const rows = await dataSource
      .getRepository(LotRow)
      .find({ where: { member }, order: { program: 'ASC', lot: 'ASC' } });
    const lots = rows.flatMap((row) => (row.at !== null && row.at.getTime() > at ? [] : [fromRow(row, at)]));
    return { lots, weight: rows.length };
  }
  const shard = await shardOfMember(pool, member);
  const state = (await loadFull(pool, schema, [{ subject: member, shard }], recordedBefore(moment))).get(member);
  const lots: MemberLot[] = [];
  let weight = 0;
  for (const wallet of state?.wallets.values() ?? []) {
    for (const lot of wallet.lots.values()) weight += 1 + (lot.uses?.list.length ?? 0);
    for (const { lot, balance } of lotBalancesAt(wallet, at)) {
      const known = lot.origin !== 'unknown';
      lots.push({
        program: wallet.program,
        lot: lot.id,
        origin: lot.origin,
        at: known ? formatInstant(lot.at) : null,
        activeFrom: known ? formatInstant(lot.activeFrom) : null,
        expiresAt: lot.expiresAt === Infinity ? null : formatInstant(lot.expiresAt),
        balance,
      });
    }
  }
  lots.sort((a, b) => compareCodePoints(a.program, b.program) || compareCodePoints(a.lot, b.lot));
  return { lots, weight };
}

/** Points are reserved, or lots touch each other: rows of lots do not say it all. */
export function isIntricate(dataSource: DataSource, member: string): Promise<boolean> {
  return dataSource.getRepository(WalletRow).existsBy([
    { member, tangled: true },
    { member, reserved: MoreThan(0) },
  ]);
}

function fromRow(row: LotRow, at: EpochMs): MemberLot {
  const { program, lot, origin, activeFrom, expiresAt } = row;
  const dates = { activeFrom: activeFrom?.getTime() ?? -Infinity, expiresAt: expiresAt?.getTime() ?? Infinity };
  return {
    program,
    lot,
    origin: origin ?? 'unknown',
    at: row.at?.toISOString() ?? null,
    activeFrom: activeFrom?.toISOString() ?? null,
    expiresAt: expiresAt?.toISOString() ?? null,
    balance: balanceOfLot(row, dates, at),
  };
}
