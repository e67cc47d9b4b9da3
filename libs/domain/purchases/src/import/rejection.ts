import { told, type Problem } from '../core/problem.ts';

/** A row of a file (or a document of NDJSON) that was not recorded, and why. */
export interface Rejection {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly code: string;
  /** The same text that one document over HTTP is answered with. */
  readonly reason: string;
  /** JSON pointer into the document, where one field is at fault. */
  readonly pointer?: string;
}

/** Rejected only because another row of its document was. */
export function asWell(line: number, because: number): Rejection {
  return { line, code: 'document_rejected', reason: `Line ${because} of the same document was rejected.` };
}

const LINE_POINTER = /^\/lines\/(\d+)(?:\/|$)/;

/**
 * Why each row of a document is rejected: those at fault with what is wrong with them, the others because of the first of these;
 * all alike when the fault is the document's. `rows` are the file's lines of the document's lines.
 */
export function rejectionsOf(rows: readonly number[], problems: readonly Problem[]): Rejection[] {
  const [only, second] = rows;
  if (only !== undefined && second === undefined) return [rejection(only, told(problems))];
  const own = new Map<number, Problem>();
  let whole: Problem | undefined;
  for (const each of problems) {
    const index = LINE_POINTER.exec(each.pointer)?.[1];
    const row = index === undefined ? undefined : rows[Number(index)];
    if (row === undefined) whole ??= each;
    else if (!own.has(row)) own.set(row, each);
  }
  const [first] = own.keys();
  return rows.map((line) => {
    const found = own.get(line) ?? whole;
    return found || first === undefined ? rejection(line, found) : asWell(line, first);
  });
}

function rejection(line: number, found: Problem | undefined): Rejection {
  const { pointer = '', code = 'rejected', message = '' } = found ?? {};
  return { line, code, reason: message, ...(pointer !== '' && { pointer }) };
}
