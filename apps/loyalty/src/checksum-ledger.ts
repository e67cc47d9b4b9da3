import { createHash } from 'node:crypto';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import { checksumRows } from '@loyalty/points';
import { tiersChecksumRows } from '@loyalty/tiers';
import { caughtUp } from './caught-up.ts';
import type { CommandResult } from './command.ts';
import { withLedger } from './open-ledger.ts';

/** SHA-256 over the lines that the ledger's and the tiers' meaning consist of, each in its own order, each ended by a newline. */
export function checksumLedger(at: EpochMs): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    await caughtUp(runtime);
    const { pool } = runtime.database;
    const hash = createHash('sha256');
    let rows = 0;
    for (const source of [checksumRows(pool, at), tiersChecksumRows(pool)]) {
      for await (const row of source) {
        hash.update(row).update('\n');
        rows++;
      }
    }
    const checksum = hash.digest('hex');
    const instant = formatInstant(at);
    return {
      json: { checksum, at: instant, rows },
      text: `${checksum}\nat ${instant}, over ${rows} lots and tier histories`,
    };
  });
}
