import type { Database } from '@loyalty/database';
import type { EpochMs } from '@loyalty/kernel';
import { addBalance, assertConserved, type Balance, noBalance, spendable } from './core/balance.ts';
import { memberLots } from './member-lots.ts';

/** A wallet at an instant, as known now. */
export interface WalletBalance extends Balance {
  readonly program: string;
  /** Active less owed, never below 0. */
  readonly spendable: number;
}

/** A member's wallets at `at`, by program. @param asOf `at` is not now */
export async function readBalances(
  database: Database,
  member: string,
  at: EpochMs,
  asOf: boolean,
): Promise<WalletBalance[]> {
  const wallets = new Map<string, Balance>();
  for (const { program, balance } of await memberLots(database, member, at, asOf)) {
    const total = wallets.get(program) ?? noBalance();
    addBalance(total, balance);
    wallets.set(program, total);
  }
  return [...wallets].map(([program, balance]) => {
    assertConserved(balance);
    return { program, spendable: spendable(balance), ...balance };
  });
}
