import type { Readable } from 'node:stream';
import { FileFaultError } from './file-fault.ts';
import { readChunks, type ReadOptions } from './read-chunks.ts';
import { readCsv, type CsvOptions, type CsvRow } from './read-csv.ts';
import { readLines } from './read-lines.ts';

/** Which columns a file must have, and which it may have. Any other is refused: a misspelt one must not lose data silently. */
export interface TableColumns<Required extends string = string, Optional extends string = string> {
  readonly required: readonly Required[];
  readonly optional: readonly Optional[];
}

export type TableRow<Required extends string, Optional extends string> =
  | {
      readonly line: number;
      readonly values: Record<Required, string> & Partial<Record<Optional, string>>;
      readonly fault?: undefined;
    }
  | { readonly line: number; readonly fault: NonNullable<CsvRow['fault']> };

/** Balances brought along from an earlier system, one lot a row. Times are ISO 8601 with offset. */
export const openingLots = {
  required: ['member', 'program', 'points', 'earned_at', 'reference'],
  optional: ['active_from', 'expires_at'],
} as const satisfies TableColumns;

/** Tiers brought along from an earlier system, one member a row. Times are ISO 8601 with offset. */
export const openingTiers = {
  required: ['member', 'program', 'tier', 'since', 'keep_until', 'reference'],
  optional: [],
} as const satisfies TableColumns;

/**
 * The rows of a CSV file (or .gz of one) by column name, in lists of what came together; empty fields are left out.
 * An empty required field is a fault of its row (`required`). Throws FileFaultError when the columns are not those asked for.
 */
export async function* readTable<Required extends string, Optional extends string>(
  source: string | Readable,
  columns: TableColumns<Required, Optional>,
  options: ReadOptions & CsvOptions = {},
): AsyncGenerator<TableRow<Required, Optional>[]> {
  const { header, rows } = await readCsv(readLines(readChunks(source, options)), options);
  const names = header.map((name) => name.trim());
  checkColumns(names, columns);
  for await (const list of rows) yield list.map((row) => tableRow(row, names, columns));
}

/** Throws FileFaultError `unknown_columns`, `missing_columns` or `duplicate_columns`, naming them. */
export function checkColumns(header: readonly string[], { required, optional }: TableColumns): void {
  const known = new Set([...required, ...optional]);
  const unknown = header.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new FileFaultError('unknown_columns', `Unknown columns: ${list(unknown)}. Known are: ${list([...known])}.`);
  }
  const missing = required.filter((name) => !header.includes(name));
  if (missing.length > 0) throw new FileFaultError('missing_columns', `Columns are missing: ${list(missing)}.`);
  const twice = header.filter((name, i) => header.indexOf(name) !== i);
  if (twice.length > 0) throw new FileFaultError('duplicate_columns', `Columns stand there twice: ${list(twice)}.`);
}

function tableRow<Required extends string, Optional extends string>(
  row: CsvRow,
  names: readonly string[],
  { required }: TableColumns<Required, Optional>,
): TableRow<Required, Optional> {
  const { line, fault } = row;
  if (fault) return { line, fault };
  const values: Record<string, string> = {};
  row.fields.forEach((field, i) => {
    const text = field.trim();
    if (text !== '') values[names[i] as string] = text;
  });
  const empty = required.find((name) => values[name] === undefined);
  if (empty !== undefined) return { line, fault: { code: 'required', message: `Column "${empty}" is empty.` } };
  return { line, values: values as Record<Required, string> & Partial<Record<Optional, string>> };
}

function list(names: readonly string[]): string {
  return names
    .slice(0, 20)
    .map((name) => `"${name.slice(0, 50)}"`)
    .join(', ');
}
