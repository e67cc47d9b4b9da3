export { purchasesChecks } from './checks.ts';
export type { PurchasesAnswer } from './core/decision.ts';
export { contentText, type Document, type DocumentLine } from './core/document.ts';
export type { PurchasesInput } from './core/input.ts';
export { parseDocument, type Parsed } from './core/parse-document.ts';
export type { Problem as DocumentProblem } from './core/problem.ts';
export { findPurchase, type PurchaseView } from './find-purchase.ts';
export {
  findDeadLetter,
  listDeadLetters,
  detail as deadLetterDetail,
  LETTER_STATES,
  type DeadLetterDetail,
  type DeadLetterView,
  type LetterState,
} from './dead-letters/dead-letter.ts';
export { exampleLetters } from './dead-letters/dead-letters-examples.ts';
export { discard as discardDeadLetter } from './dead-letters/discard.ts';
export { resubmit as resubmitDeadLetter } from './dead-letters/resubmit.ts';
export { importFile, type ImportOptions, type ImportProgress, type ImportResult } from './import/import-file.ts';
export { mappingSchema, type Mapping } from './import/mapping.ts';
export { readDocuments, type FileDocument, type FileOptions } from './import/read-documents.ts';
export { MappingError, parseMapping, presetNames, readMapping, readPreset } from './import/read-mapping.ts';
export { ImportStoppedError } from './import/recorder.ts';
export type { Rejection } from './import/rejection.ts';
export type { ImportCounts } from './import/tally.ts';
export { inboundOptions } from './inbound/inbound-options.ts';
export { takeStep } from './inbound/inbound-store.ts';
export { PurchasesModule, type PurchasesModuleOptions } from './purchases.module.ts';
export { createPurchasesWriter, type PurchasesWriter, type PurchasesWriterOptions } from './purchases-writer.ts';
export { purchases } from './purchases.ts';
export { recordDocuments, type DocumentOutcome, type Door, type Trace } from './record-documents.ts';
export { PURCHASES_WRITER } from './tokens.ts';
export { voidDocument } from './void-document.ts';
