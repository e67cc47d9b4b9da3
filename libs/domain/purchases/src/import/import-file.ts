import type { Readable } from 'node:stream';
import { FileFaultError, fileSize } from '@loyalty/service';
import type { Document } from '../core/document.ts';
import type { DocumentOutcome } from '../record-documents.ts';
import type { Mapping } from './mapping.ts';
import { readDocuments } from './read-documents.ts';
import { ImportStoppedError, Recorder } from './recorder.ts';
import type { Rejection } from './rejection.ts';
import { Tally, type ImportCounts } from './tally.ts';

export interface ImportOptions {
  /** A path, or bytes. Gzip is told by its first bytes. */
  readonly source: string | Readable;
  /** How the columns of a CSV become documents; without it the file is NDJSON, one document a line. */
  readonly mapping?: Mapping | undefined;
  /** `recordDocuments` of a door. */
  readonly record: (documents: readonly Document[]) => Promise<readonly DocumentOutcome[]>;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Told every rejection as it comes; the result keeps the first 10,000. */
  readonly onRejection?: (rejection: Rejection) => void;
  /** Batches under way at once. @default 4 */
  readonly inFlight?: number;
  /** How long to wait for a database that does not answer. @default 120_000 */
  readonly patience_ms?: number;
}

export interface ImportProgress extends ImportCounts {
  /** Of the file as it is (compressed). */
  readonly bytes: number;
  /** Undefined for a stream. */
  readonly totalBytes: number | undefined;
}

export interface ImportResult extends ImportCounts {
  /** By line, the first 10,000. */
  readonly rejections: readonly Rejection[];
  /** Why the import ended early; what was recorded stays recorded. The command must not exit 0. */
  readonly fault?: { readonly code: string; readonly message: string };
}

const PATIENCE_MS = 120_000;

/**
 * Records the documents of a file of any size in bounded memory. It may be sent again: what is recorded counts as duplicate.
 * Rejects only for faults of ours; the file's and the database's are in the result.
 */
export async function importFile({
  source,
  mapping,
  record,
  onProgress,
  onRejection,
  inFlight,
  patience_ms = PATIENCE_MS,
}: ImportOptions): Promise<ImportResult> {
  const tally = new Tally(onRejection);
  const totalBytes = await fileSize(source);
  let bytes = 0;
  const onSettled = (): void => onProgress?.({ ...tally.counts(), bytes, totalBytes });
  const recorder = new Recorder({
    record,
    tally,
    onSettled,
    patience_ms,
    ...(inFlight !== undefined && { inFlight }),
  });
  const lists = readDocuments(source, {
    mapping,
    onRejection: (rejection) => tally.reject(rejection),
    onBytes: (read) => (bytes = read),
  });
  let fault: FileFaultError | ImportStoppedError | undefined;
  try {
    try {
      for await (const list of lists) for (const document of list) await recorder.add(document);
    } catch (error) {
      if (!(error instanceof FileFaultError)) throw error;
      fault = error;
    }
    await recorder.finish();
  } catch (error) {
    await recorder.abandon();
    if (!(error instanceof ImportStoppedError)) throw error;
    fault = error;
  }
  onSettled();
  return {
    ...tally.counts(),
    rejections: tally.rejections(),
    ...(fault && { fault: { code: fault.code, message: fault.message } }),
  };
}
