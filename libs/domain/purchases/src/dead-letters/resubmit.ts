import { BadInputError, ConflictError, HttpAnswer, NotFoundError } from '@loyalty/service';
import type { PurchasesAnswer } from '../core/decision.ts';
import { contentText, type Document } from '../core/document.ts';
import { documentAnswer, KEY_REUSED } from '../document-answer.ts';
import { documentOf } from '../document-body.ts';
import { inboundDocument } from '../inbound/inbound-document.ts';
import { SCHEMA } from '../purchases-schema.ts';
import { recordDocuments, type DocumentOutcome, type Door } from '../record-documents.ts';
import { findDeadLetter, type LetterRow } from './dead-letter.ts';
import { keepWaiting, settleRecorded } from './settle.ts';

export interface Resubmission {
  readonly id: string;
  /** Corrected; undefined: as it was sent. */
  readonly document: unknown;
  /** Who asks for it. */
  readonly by: string;
}

/**
 * Records a dead letter, once. What it is recorded as is kept first: after a crash in between, only the same document can be
 * recorded, and that is known by its key.
 * @throws {NotFoundError} 404 `dead_letter_not_found`
 * @throws {BadInputError} 400, {RefusalError} 422: as over HTTP; the letter goes on waiting, for the reason told now
 * @throws {ConflictError} 409 `key_reused`, `dead_letter_discarded`, `dead_letter_resubmitted` (as another document)
 */
export async function resubmit(
  door: Door,
  { id, document: sent, by }: Resubmission,
): Promise<HttpAnswer<PurchasesAnswer>> {
  const letter = await findDeadLetter(door.pool, id);
  if (letter === undefined) throw noLetter(id);
  if (letter.state === 'resubmitted' && letter.answer !== null && sent === undefined) return again(letter.answer);
  const wanted = sent === undefined ? documentOfLetter(letter) : { document: documentOf(sent), sent };
  const held = await hold(door, letter, JSON.stringify(wanted.sent));
  if (held.state === 'discarded') throw discarded(id);
  if (contentText(documentOfLetter(held).document) !== contentText(wanted.document)) throw another(id);
  if (held.answer !== null) return again(held.answer);
  const [outcome] = (await recordDocuments(door, [wanted.document])) as [DocumentOutcome];
  await settle(door, held, outcome, by);
  return documentAnswer(outcome);
}

/** Says what it is to be recorded as, unless somebody has said so before. */
async function hold({ pool }: Door, { id }: LetterRow, document: string): Promise<LetterRow> {
  const { rows } = await pool.query<LetterRow>(
    `UPDATE ${SCHEMA}.dead_letters SET document = coalesce(document, $2), again = NULL WHERE id = $1 AND state = 'waiting' RETURNING *`,
    [id, document],
  );
  return rows[0] ?? ((await findDeadLetter(pool, String(id))) as LetterRow);
}

async function settle(
  { pool }: Door,
  { id, document }: LetterRow,
  outcome: DocumentOutcome,
  by: string,
): Promise<void> {
  switch (outcome.kind) {
    case 'accepted':
      return settleRecorded(pool, { id, answer: outcome.answer, by });
    case 'refused': {
      const { code, message, pointer = '' } = outcome.refusal;
      return keepWaiting(pool, { id, document, problem: { code, message, pointer } });
    }
    case 'conflict':
      return keepWaiting(pool, { id, document, problem: { pointer: '', ...KEY_REUSED } });
    case 'failed':
      // It may be recorded all the same: only this very document can be tried again.
      return;
  }
}

/**
 * What a letter is being recorded as, else what was sent.
 * @throws {BadInputError} when that is no document
 */
function documentOfLetter({ document, body, headers }: LetterRow): {
  readonly document: Document;
  readonly sent: unknown;
} {
  if (document !== null) {
    const sent: unknown = JSON.parse(document);
    return { document: documentOf(sent), sent };
  }
  const read = inboundDocument({ value: body, headers });
  if (read.ok) return read;
  const { code, pointer, message } = read.problem;
  throw new BadInputError([{ pointer, message }], `${message} Send the corrected document as \`document\`.`, code);
}

function again(answer: PurchasesAnswer): HttpAnswer<PurchasesAnswer> {
  return new HttpAnswer(200, answer, { 'Idempotency-Replayed': 'true' });
}

export function noLetter(id: string): NotFoundError {
  return new NotFoundError(`There is no dead letter ${id}.`, 'dead_letter_not_found');
}

function discarded(id: string): ConflictError {
  return new ConflictError(
    `Dead letter ${id} was discarded: send its document by another door.`,
    'dead_letter_discarded',
  );
}

function another(id: string): ConflictError {
  const message = `Dead letter ${id} was resubmitted as another document: it is recorded once. Send this one by another door.`;
  return new ConflictError(message, 'dead_letter_resubmitted');
}
