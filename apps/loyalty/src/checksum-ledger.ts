import { createHash } from 'node:crypto';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import { checksumRows, points } from '@loyalty/points';
import { assertHere } from '@loyalty/service';
import { tiers, tiersChecksumRows } from '@loyalty/tiers';
import type { Pool } from 'pg';
import { caughtUp } from './caught-up.ts';
import type { CommandResult } from './command.ts';
import { withLedger } from './open-ledger.ts';

/** What has a checksum, in the order in which the whole has it. */
const parts: ReadonlyMap<string, (pool: Pool, at: EpochMs) => AsyncIterable<string>> = new Map([
  [points.service, checksumRows],
  [tiers.service, (pool) => tiersChecksumRows(pool)],
]);

/**
 * SHA-256 over the lines that the ledger's and the tiers' meaning consist of, each in its own order, each ended by a newline; and of
 * each part by itself. Where the services have databases of their own, of the part that lives in this one.
 */
export function checksumLedger(at: EpochMs): Promise<CommandResult> {
  return withLedger(async ({ runtime }) => {
    await caughtUp(runtime);
    const { pool } = runtime.database;
    const hash = createHash('sha256');
    const sums: Record<string, string> = {};
    let rows = 0;
    for (const [service, linesOf] of parts) {
      if (!runtime.parts.some(({ definition }) => definition.service === service)) continue;
      const own = createHash('sha256');
      for await (const line of linesOf(pool, at)) {
        for (const each of [hash, own]) each.update(line).update('\n');
        rows++;
      }
      sums[service] = own.digest('hex');
    }
    if (Object.keys(sums).length === 0) assertHere(runtime.parts, [...parts.keys()]);
    const checksum = hash.digest('hex');
    const instant = formatInstant(at);
    return {
      json: { checksum, at: instant, rows, parts: sums },
      text: `${checksum}\nat ${instant}, over ${rows} lots and tier histories`,
    };
  });
}
