import type { Pool, PoolClient } from 'pg';
import type { PurchasesAnswer } from '../core/decision.ts';
import type { Problem } from '../core/problem.ts';
import { storable } from '../inbound/inbound-store.ts';
import { SCHEMA } from '../purchases-schema.ts';

/** What was sent may tell who somebody is: it is kept only while it may have to be corrected. */
export const FORGET = `key = NULL, body = NULL, headers = '{}'`;

export interface Settled {
  readonly id: number;
  readonly answer: PurchasesAnswer;
  readonly by: string | null;
}

/** It is recorded: whoever asks again gets this answer. Settled twice it stays as it was first. */
export async function settleRecorded(tx: Pool | PoolClient, { id, answer, by }: Settled): Promise<void> {
  await tx.query(
    `UPDATE ${SCHEMA}.dead_letters SET state = 'resubmitted', again = NULL, answer = $2, settled = clock_timestamp(), settled_by = $3, ${FORGET}
WHERE id = $1 AND state = 'waiting'`,
    [id, JSON.stringify(answer), by],
  );
}

/** It waits again, for the reason that it was refused now. @param document that was held for it */
export async function keepWaiting(
  tx: Pool | PoolClient,
  { id, document, problem }: { readonly id: number; readonly document: string | null; readonly problem: Problem },
): Promise<void> {
  await tx.query(
    `UPDATE ${SCHEMA}.dead_letters SET document = NULL, again = NULL, code = $3, pointer = $4, message = $5
WHERE id = $1 AND state = 'waiting' AND document IS NOT DISTINCT FROM $2`,
    [id, document, problem.code, storable(problem.pointer), storable(problem.message)],
  );
}
