import { csvRecord } from './csv-record.ts';
import { FileFaultError } from './file-fault.ts';
import type { LineFault, TextBlock } from './read-lines.ts';

export interface CsvRow {
  /** Where it begins in the file; the header is line 1. */
  readonly line: number;
  /** As many as the header has, unless there is a fault. */
  readonly fields: readonly string[];
  /** Why the row cannot be used: `malformed_csv`, `wrong_column_count`, `invalid_utf8`, `line_too_long`. */
  readonly fault?: { readonly code: string; readonly message: string };
}

export interface CsvFile {
  readonly header: readonly string[];
  /** In lists of what came together. */
  readonly rows: AsyncGenerator<CsvRow[]>;
}

export interface CsvOptions {
  /** @default ',' */
  readonly delimiter?: string;
}

/** A row in quotes that does not end within this many characters has lost a quote. */
const LONGEST_ROW = 262_144;

/**
 * Reads CSV (RFC 4180) with a header, in bounded memory. A row that cannot be read is given with its fault, and reading goes on
 * with the line after its first; csv-parse would give up, or swallow the file up to the next quote.
 * Throws FileFaultError when there is no header.
 */
export async function readCsv(
  blocks: AsyncGenerator<TextBlock>,
  { delimiter = ',' }: CsvOptions = {},
): Promise<CsvFile> {
  const rows = readRows(blocks, delimiter);
  const first = await rows.next();
  if (first.done) throw new FileFaultError('no_header', 'The file is empty: there is no header line.');
  const [header, ...others] = first.value;
  if (!header || header.fault)
    throw new FileFaultError('no_header', `The header line cannot be read: ${header?.fault?.message ?? 'it is empty'}`);
  return { header: header.fields, rows: wellFormed(others, rows, header.fields.length) };
}

async function* wellFormed(first: CsvRow[], rest: AsyncGenerator<CsvRow[]>, columns: number): AsyncGenerator<CsvRow[]> {
  const checked = (rows: CsvRow[]): CsvRow[] =>
    rows.map((row) =>
      row.fault || row.fields.length === columns ? row : { ...row, fault: wrongCount(row.fields.length, columns) },
    );
  if (first.length > 0) yield checked(first);
  for await (const rows of rest) yield checked(rows);
}

function wrongCount(found: number, expected: number): NonNullable<CsvRow['fault']> {
  return { code: 'wrong_column_count', message: `The row has ${found} fields, the header ${expected}.` };
}

async function* readRows(blocks: AsyncGenerator<TextBlock>, delimiter: string): AsyncGenerator<CsvRow[]> {
  let open: Piece | undefined;
  for await (const block of blocks) {
    const piece = open ? joined(open, block) : block;
    const { rows, rest } = rowsOf(piece, delimiter, false);
    open = rest;
    if (rows.length > 0) yield rows;
  }
  if (open) yield rowsOf(open, delimiter, true).rows;
}

type Piece = Pick<TextBlock, 'text' | 'line' | 'faults'>;

function joined(open: Piece, next: TextBlock): Piece {
  const faults = open.faults.size + next.faults.size === 0 ? next.faults : new Map([...open.faults, ...next.faults]);
  return { text: open.text + next.text, line: open.line, faults };
}

/** The rows of a text; `rest` is what began in it and does not end in it. */
function rowsOf(
  { text, line, faults }: Piece,
  delimiter: string,
  last: boolean,
): { rows: CsvRow[]; rest: Piece | undefined } {
  const rows: CsvRow[] = [];
  let at = 0;
  while (at < text.length) {
    const record = csvRecord(text, at, delimiter, last);
    if (record.kind === 'record') {
      const fault = faults.size === 0 ? undefined : faultWithin(faults, line, record.lines);
      if (fault) rows.push({ line, fields: record.fields, fault });
      else if (record.fields.length > 1 || record.fields[0] !== '') rows.push({ line, fields: record.fields });
      line += record.lines;
      at = record.next;
      continue;
    }
    if (record.kind === 'open' && text.length - at <= LONGEST_ROW)
      return { rows, rest: { text: text.slice(at), line, faults } };
    const message = 'A quote is missing, or one stands where none may stand.';
    const end = text.indexOf('\n', at);
    rows.push({
      line,
      fields: beginning(text.slice(at, end < 0 ? text.length : end), delimiter),
      fault: { code: 'malformed_csv', message },
    });
    if (end < 0) break;
    at = end + 1;
    line++;
  }
  return { rows, rest: undefined };
}

/** The fields before the first quote: enough to tell which document a broken row belongs to. */
function beginning(line: string, delimiter: string): string[] {
  return line.slice(0, line.indexOf('"')).split(delimiter).slice(0, -1);
}

function faultWithin(faults: ReadonlyMap<number, LineFault>, line: number, lines: number): LineFault | undefined {
  for (let n = line; n < line + lines; n++) {
    const fault = faults.get(n);
    if (fault) return fault;
  }
  return undefined;
}
