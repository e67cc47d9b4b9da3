import { formatInstant, type EpochMs } from '@loyalty/kernel';
import { asWell, type Rejection } from './rejection.ts';
import type { MappedRow, RowFault } from './row-reader.ts';
import { SeenIds } from './seen-ids.ts';

/** A document as it will be parsed, with the file's line of each of its lines. */
export interface Assembled {
  readonly input: object;
  readonly rows: readonly number[];
}

interface OpenDocument {
  readonly key: string;
  readonly head: Readonly<Record<string, string>>;
  at: EpochMs;
  lines: object[];
  rows: number[];
  /** How many rows of the file were read when its latest came. */
  latest: number;
  /** The row that rejected it: lines are no longer kept. */
  bad: number | undefined;
}

/** As many lines as a purchase document may have. */
const MOST_LINES = 20_000;

/**
 * Puts the rows of a file together to documents. Rows of one document may be interleaved with others': it is complete
 * when `window` rows have gone by without one of its own. A bad row rejects its document whole.
 */
export class Assembler {
  private readonly open = new Map<string, OpenDocument>();
  private readonly closed = new SeenIds();
  private readonly window: number;
  private readonly reject: (rejection: Rejection) => void;
  private count = 0;
  private latest: OpenDocument | undefined;

  constructor(window: number, reject: (rejection: Rejection) => void) {
    this.window = window;
    this.reject = reject;
  }

  /** Takes a row of the file and gives the documents that it completes. */
  add(row: MappedRow, line: number): Assembled[] {
    this.count++;
    const done = this.completed(this.count - this.window - 2);
    const { key, fault } = row;
    if (key === undefined) {
      this.reject({
        line,
        ...(fault ?? { code: 'required', reason: 'It cannot be told which document the row belongs to.' }),
      });
      return done;
    }
    const document = this.documentOf(key, row);
    if (!document) {
      this.reject({
        line,
        code: 'document_split',
        reason: `Rows of its document lie more than ${this.window} rows before it.`,
      });
      return done;
    }
    document.latest = this.count;
    this.append(document, row, line);
    return done;
  }

  /** The documents left at the end of the file. */
  rest(): Assembled[] {
    return this.completed(this.count);
  }

  /** The file broke off: documents that may lack rows are not recorded. */
  abandon(reason: string): void {
    for (const document of this.open.values()) {
      if (document.bad === undefined)
        for (const line of document.rows) this.reject({ line, code: 'file_truncated', reason });
    }
    this.open.clear();
  }

  private documentOf(key: string, row: MappedRow): OpenDocument | undefined {
    if (this.latest?.key === key) return this.latest;
    let document = this.open.get(key);
    if (document) this.open.delete(key);
    else if (this.closed.has(key)) return undefined;
    else document = { key, head: row.head, at: row.at, lines: [], rows: [], latest: 0, bad: undefined };
    // A Map keeps the order of insertion: the document whose latest row is oldest stands first.
    this.open.set(key, document);
    this.latest = document;
    return document;
  }

  private append(document: OpenDocument, row: MappedRow, line: number): void {
    const fault = row.fault ?? (document.bad === undefined ? joinFault(document, row) : undefined);
    if (fault) this.reject({ line, ...fault });
    if (document.bad !== undefined) {
      if (!fault) this.reject(asWell(line, document.bad));
    } else if (fault) {
      for (const earlier of document.rows) this.reject(asWell(earlier, line));
      document.bad = line;
      document.lines = [];
      document.rows = [];
    } else {
      document.at = Math.min(document.at, row.at);
      document.lines.push(row.line);
      document.rows.push(line);
    }
  }

  private completed(upto: number): Assembled[] {
    const done: Assembled[] = [];
    for (const document of this.open.values()) {
      if (document.latest > upto) break;
      this.open.delete(document.key);
      this.closed.add(document.key);
      if (this.latest === document) this.latest = undefined;
      if (document.bad !== undefined) continue;
      done.push({
        input: { ...document.head, at: formatInstant(document.at), lines: document.lines },
        rows: document.rows,
      });
    }
    return done;
  }
}

function joinFault(document: OpenDocument, row: MappedRow): RowFault | undefined {
  if (document.rows.length >= MOST_LINES)
    return { code: 'too_long', reason: `A document has at most ${MOST_LINES} lines.` };
  for (const field in row.head) if (row.head[field] !== document.head[field]) return disagree(document, field);
  for (const field in document.head) if (!(field in row.head)) return disagree(document, field);
  return undefined;
}

function disagree(document: OpenDocument, field: string): RowFault {
  return {
    code: 'rows_disagree',
    reason: `${field} is another one than in line ${document.rows[0]} of the same document.`,
  };
}
