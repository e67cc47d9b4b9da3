import { transaction, type Check, type CheckResult } from '@loyalty/database';
import type { PoolClient } from 'pg';
import { documentNamespace } from '../owners.ts';
import { SCHEMA } from '../purchases-schema.ts';
import { countWaiting, type WaitingLetters } from './dead-letter.ts';

const SHOWN = 20;

/**
 * What a dead letter was answered to be recorded as is in the log. One that waits is no defect of the ledger, which agrees without it; but
 * somebody sent it, so it is told.
 */
async function resubmittedAreRecorded(tx: PoolClient): Promise<CheckResult> {
  const { rows } = await tx.query<{ checked: number; problem: string | null }>(
    `WITH resubmitted AS (
  SELECT id AS letter, answer ->> 'source' AS source, answer ->> 'id' AS document FROM ${SCHEMA}.dead_letters WHERE state = 'resubmitted'
), missing AS (
  SELECT format('dead letter %s was recorded as %s/%s, which is not there', letter, source, document) AS problem
  FROM resubmitted
  LEFT JOIN ${SCHEMA}.keys AS k ON k.namespace = $1 || resubmitted.source AND k.key = document AND NOT k.refused
  LEFT JOIN ${SCHEMA}.events AS e ON e.shard = k.shard AND e.position = k.position
  WHERE e.position IS NULL ORDER BY letter LIMIT ${SHOWN}
)
SELECT (SELECT count(*) FROM resubmitted)::int AS checked, problem FROM (VALUES (1)) AS once LEFT JOIN missing ON true`,
    [documentNamespace('')],
  );
  const problems = rows.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  const note = noteOn(await countWaiting(tx));
  return { ok: problems.length === 0, checked: rows[0]?.checked ?? 0, problems, ...(note !== '' && { note }) };
}

function noteOn({ waiting, tooEarly, lost }: WaitingLetters): string {
  const told = [
    [waiting, 'waiting to be corrected (loyalty dead-letters list)'],
    [tooEarly, 'too early (returns, tried again until their purchase is there)'],
    [lost, 'deleted from the topic before they were read'],
  ] as const;
  const parts = told.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return parts.length === 0 ? '' : `sent over Kafka and not recorded: ${parts.join(', ')}`;
}

export const deadLetterCheck: Check = {
  name: 'purchases: dead letters that were resubmitted are recorded',
  run: (pool) => transaction(pool, resubmittedAreRecorded, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'),
};
