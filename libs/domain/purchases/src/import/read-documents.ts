import type { Readable } from 'node:stream';
import { FileFaultError, readChunks, readCsv, readLines, readNdjson, type ReadOptions } from '@loyalty/service';
import type { Document } from '../core/document.ts';
import { parseDocument } from '../core/parse-document.ts';
import { Assembler, type Assembled } from './assemble.ts';
import type { Mapping } from './mapping.ts';
import { rejectionsOf, type Rejection } from './rejection.ts';
import { rowReader } from './row-reader.ts';

/** A document of a file. */
export interface FileDocument {
  readonly document: Document;
  /** The file's lines it came from: one a line of the document (CSV, in its order), or one in all (NDJSON). */
  readonly rows: readonly number[];
}

export interface FileOptions extends ReadOptions {
  /** How the columns of a CSV become documents; without it the file is NDJSON, one document a line. */
  readonly mapping?: Mapping | undefined;
  /** Told every row that is rejected before it gets to the ledger. */
  readonly onRejection: (rejection: Rejection) => void;
}

/**
 * The documents of a CSV or NDJSON file (or .gz of one), in lists of what came together, in bounded memory.
 * Throws FileFaultError when the file cannot be read on, after everything complete before it was given.
 */
export function readDocuments(source: string | Readable, options: FileOptions): AsyncGenerator<FileDocument[]> {
  return options.mapping ? fromCsv(source, options.mapping, options) : fromNdjson(source, options);
}

async function* fromNdjson(source: string | Readable, options: FileOptions): AsyncGenerator<FileDocument[]> {
  for await (const values of readNdjson(readLines(readChunks(source, options)))) {
    const documents: FileDocument[] = [];
    for (const each of values) {
      if (each.fault) options.onRejection(jsonFault(each.line, each.fault));
      else add(documents, { input: each.value, rows: [each.line] }, options);
    }
    if (documents.length > 0) yield documents;
  }
}

function jsonFault(line: number, { code, message }: { code: string; message: string }): Rejection {
  const hint =
    line === 1 && code === 'malformed_json' ? ' Is this a CSV? Then say how to read it, by a mapping or a preset.' : '';
  return { line, code, reason: `${message}${hint}` };
}

async function* fromCsv(
  source: string | Readable,
  mapping: Mapping,
  options: FileOptions,
): AsyncGenerator<FileDocument[]> {
  const { header, rows } = await readCsv(readLines(readChunks(source, options)), { delimiter: mapping.delimiter });
  const read = rowReader(mapping, header);
  const assembler = new Assembler(mapping.window, options.onRejection);
  try {
    for await (const list of rows) {
      const documents: FileDocument[] = [];
      for (const row of list) for (const done of assembler.add(read(row), row.line)) add(documents, done, options);
      if (documents.length > 0) yield documents;
    }
  } catch (error) {
    if (error instanceof FileFaultError)
      assembler.abandon(`The file broke off before the document was complete: ${error.message}`);
    throw error;
  }
  const documents: FileDocument[] = [];
  for (const done of assembler.rest()) add(documents, done, options);
  yield documents;
}

function add(
  documents: FileDocument[],
  { input, rows }: Omit<Assembled, 'input'> & { readonly input: unknown },
  options: FileOptions,
): void {
  const parsed = parseDocument(input);
  if (parsed.ok) documents.push({ document: parsed.document, rows });
  else rejectionsOf(rows, parsed.problems).forEach(options.onRejection);
}
