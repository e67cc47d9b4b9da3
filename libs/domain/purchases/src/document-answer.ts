import { ConflictError, toHttp, type HttpAnswer } from '@loyalty/service';
import type { PurchasesAnswer } from './core/decision.ts';
import type { DocumentOutcome } from './record-documents.ts';

/** What every door says of a document whose id is taken. */
export const KEY_REUSED = {
  code: 'key_reused',
  message: 'A document of this id was sent before with another content.',
};

/**
 * The HTTP answer to a document, alone or in a batch.
 * @throws {RefusalError} 422 when a rule said no
 * @throws {ConflictError} 409 `key_reused`
 * What failed is thrown as it is.
 */
export function documentAnswer(outcome: DocumentOutcome): HttpAnswer<PurchasesAnswer> {
  if (outcome.kind === 'failed') throw outcome.error;
  if (outcome.kind === 'conflict') throw new ConflictError(KEY_REUSED.message, KEY_REUSED.code);
  return toHttp(outcome);
}
