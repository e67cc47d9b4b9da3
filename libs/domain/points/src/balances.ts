import { Logger } from '@nestjs/common';
import type { Database } from '@loyalty/database';
import type { Pool } from 'pg';
import { chronicledBalances } from './chronicle/chronicled-balances.ts';
import { extendChronicle } from './chronicle/extend-chronicle.ts';
import { addBalance, assertConserved, type Balance, noBalance, spendable } from './core/balance.ts';
import { memberLots } from './member-lots.ts';
import type { Moment } from './moment.ts';

/** A wallet at a moment. */
export interface WalletBalance extends Balance {
  readonly program: string;
  /** Active less owed, never below 0. */
  readonly spendable: number;
}

/** From so many lots and moves of them on a member's history is kept: below, working it out takes a few milliseconds. */
const LONG = 256;

const logger = new Logger('points chronicle');

/**
 * A member's wallets at a moment, by program. A long history is answered from its chronicle, which is made when it is first needed; until
 * it is there, for short ones and where lots touch each other it is worked out from lots or entries.
 */
export async function readBalances(database: Database, member: string, moment: Moment): Promise<WalletBalance[]> {
  const { pool } = database;
  let kept = await chronicledBalances(pool, member, moment);
  if (kept.state === 'behind') {
    await extendChronicle(pool, member);
    kept = await chronicledBalances(pool, member, moment);
  }
  if (kept.state === 'ready') return [...kept.balances].map(told);
  const { lots, weight } = kept.lots
    ? { lots: kept.lots, weight: kept.lots.length }
    : await memberLots(database, member, moment, kept.intricate);
  if (weight >= LONG && kept.state === 'none') keepFromNowOn(pool, member);
  const wallets = new Map<string, Balance>();
  for (const { program, balance } of lots) {
    const total = wallets.get(program) ?? noBalance();
    addBalance(total, balance);
    wallets.set(program, total);
  }
  return [...wallets].map(told);
}

function told([program, balance]: [string, Balance]): WalletBalance {
  assertConserved(balance);
  return { program, spendable: spendable(balance), ...balance };
}

/** Nobody waits for it. */
function keepFromNowOn(pool: Pool, member: string): void {
  extendChronicle(pool, member).catch((error: unknown) => {
    logger.warn(`the history of a member is not kept yet: ${(error as Error).message}`);
  });
}
