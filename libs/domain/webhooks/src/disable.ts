import { transaction } from '@loyalty/database';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { changeConfiguration } from './enqueue.ts';
import { holdBack } from './hold-back.ts';
import { WEBHOOKS_SCHEMA as S } from './webhooks.ts';

export type Because = 'request' | 'gone' | 'failing';

/** Sends nothing more; what waits, waits in the logs. False when it was disabled already, or is not there. */
export function disable(pool: Pool, webhook: string, because: Because, now: EpochMs): Promise<boolean> {
  return transaction(pool, async (tx) => {
    await changeConfiguration(tx);
    const { rowCount } = await tx.query(
      `UPDATE ${S}.webhooks SET disabled = $2, because = $3 WHERE id = $1 AND disabled IS NULL`,
      [webhook, formatInstant(now), because],
    );
    if (rowCount === 0) return false;
    await holdBack(tx, webhook);
    return true;
  });
}
