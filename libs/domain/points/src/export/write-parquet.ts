import type { ColumnSource, ParquetWriter } from 'hyparquet-writer';
import { parseInstant } from '@loyalty/kernel';
import { type ColumnType, entryColumns, type EntryColumn } from './entry-columns.ts';
import type { ExportedEntry } from './exported-entries.ts';

/** Takes bytes in order; awaited before the next ones come. */
export type ByteSink = (bytes: Uint8Array) => Promise<void>;

/** Rows of one group: all that is in memory at once. Readers skip whole groups by their smallest and largest values. */
const GROUP = 20_000;

type Element = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

const ELEMENTS: Readonly<Record<ColumnType, Partial<Element>>> = {
  int32: { type: 'INT32' },
  int64: { type: 'INT64' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  json: { type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' } },
  millis: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
  micros: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
};

/** Writes entries as a Parquet file: Snappy, one row an entry, columns as in `entryColumns`. */
export async function writeParquet(pages: AsyncIterable<readonly ExportedEntry[]>, sink: ByteSink): Promise<void> {
  // Only an export needs it: no service that starts should load it.
  const { ByteWriter, ParquetWriter: Writer } = await import('hyparquet-writer');
  const bytes = new ByteWriter();
  const drain = async (): Promise<void> => {
    const written = bytes.getBytes().slice();
    bytes.index = 0;
    await sink(written);
  };
  const schema: Element[] = [
    { name: 'entries', num_children: entryColumns.length },
    ...entryColumns.map(({ name, type, required }): Element => {
      return { name, repetition_type: required ? 'REQUIRED' : 'OPTIONAL', ...ELEMENTS[type] };
    }),
  ];
  const parquet = new Writer({ writer: bytes, schema, createdBy: 'loyalty-ledger' });
  let group: ExportedEntry[] = [];
  const close = async (): Promise<void> => {
    await parquet.write({ columnData: entryColumns.map((column) => columnOf(column, group)), rowGroupSize: GROUP });
    group = [];
    await drain();
  };
  for await (const page of pages) {
    for (const entry of page) {
      group.push(entry);
      if (group.length === GROUP) await close();
    }
  }
  if (group.length > 0) await close();
  await parquet.finish();
  await drain();
}

function columnOf({ name, type, of }: EntryColumn, entries: readonly ExportedEntry[]): ColumnSource {
  return { name, data: entries.map((entry) => valueOf(type, of(entry))) };
}

function valueOf(type: ColumnType, value: ReturnType<EntryColumn['of']>): unknown {
  if (value === undefined || value === null) return undefined;
  switch (type) {
    case 'int64':
      return BigInt(value as number);
    case 'millis':
      return BigInt(parseInstant(value as string) as number);
    case 'micros':
      return microsOf(value as string);
    default:
      return value;
  }
}

/** Of `2026-01-25T02:00:00.000123Z`, as entries say when they were recorded. */
function microsOf(text: string): bigint {
  return BigInt(Date.parse(`${text.slice(0, 23)}Z`)) * 1000n + BigInt(text.slice(23, 26));
}
