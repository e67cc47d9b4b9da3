import type { PoolClient } from 'pg';
import { KEY_REUSED } from '../document-answer.ts';
import { inboundDocument } from '../inbound/inbound-document.ts';
import { TOO_EARLY } from '../inbound/inbound-store.ts';
import { SCHEMA } from '../purchases-schema.ts';
import { recordDocuments, type DocumentOutcome, type Door } from '../record-documents.ts';
import type { LetterRow } from './dead-letter.ts';
import { keepWaiting, settleRecorded } from './settle.ts';

const MOST = 100;
const PAUSE_S = { first: 1, most: 600 };
/** Then it is for people to say whether the purchase ever comes. */
const PATIENCE = "interval '1 day'";

/**
 * Partitions have no order among each other, so a return may come before the purchase that it names: it is tried again, ever more
 * rarely, for a day.
 * @returns whether there may be more
 */
export async function tryEarlyAgain(door: Door, tx: PoolClient): Promise<boolean> {
  const { rows } = await tx.query<LetterRow>(
    `SELECT * FROM ${SCHEMA}.dead_letters WHERE again <= clock_timestamp() ORDER BY again LIMIT ${MOST} FOR UPDATE SKIP LOCKED`,
  );
  const read = rows.flatMap((letter) => {
    const found = inboundDocument({ value: letter.body, headers: letter.headers });
    return found.ok ? [{ letter, document: found.document }] : [];
  });
  const outcomes = await recordDocuments(
    door,
    read.map(({ document }) => document),
  );
  for (const [i, { letter }] of read.entries()) await settle(tx, letter, outcomes[i] as DocumentOutcome);
  return rows.length === MOST;
}

async function settle(tx: PoolClient, { id, tries }: LetterRow, outcome: DocumentOutcome): Promise<void> {
  if (outcome.kind === 'accepted') return settleRecorded(tx, { id, answer: outcome.answer, by: null });
  if (outcome.kind === 'conflict')
    return keepWaiting(tx, { id, document: null, problem: { pointer: '', ...KEY_REUSED } });
  if (outcome.kind === 'refused' && outcome.refusal.code !== TOO_EARLY) {
    const { code, message, pointer = '' } = outcome.refusal;
    return keepWaiting(tx, { id, document: null, problem: { code, message, pointer } });
  }
  await tx.query(
    `UPDATE ${SCHEMA}.dead_letters SET tries = tries + 1,
  again = CASE WHEN received > clock_timestamp() - ${PATIENCE} THEN clock_timestamp() + $2 * interval '1 second' END
WHERE id = $1`,
    [id, Math.min(PAUSE_S.first * 2 ** Math.min(tries, 20), PAUSE_S.most)],
  );
}
