import { existsSync } from 'node:fs';
import { exportedEntries, type ExportedEntry, entriesRange, writeNdjson, writeParquet } from '@loyalty/points';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { UsageError, type CommandResult } from '../command.ts';
import { withDatabase } from '../open-ledger.ts';
import { startProgress } from '../progress.ts';
import { table } from '../table.ts';
import { writeWhole } from './export-file.ts';

export const EXPORT_FORMATS = ['ndjson', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Left out: `entries.ndjson`, `entries.ndjson.gz` or `entries.parquet` here. */
  readonly out: string | undefined;
  readonly gzip: boolean;
  readonly overwrite: boolean;
  /** Recorded at or after it. */
  readonly from: EpochMs | undefined;
  /** Recorded before it. */
  readonly to: EpochMs | undefined;
}

/** What of one shard is in the file. `first` and `last` are log positions, both included. */
export interface ExportedShard {
  readonly shard: number;
  readonly first: number;
  readonly last: number;
  readonly entries: number;
  /** Of the log's chain at `last`. */
  readonly hash: string;
}

const UNDEFINED_TABLE = '42P01';

/** Writes the ledger's entries to a file. What is booked while it runs is of the next export. */
export async function exportEntries(options: ExportOptions): Promise<CommandResult> {
  const { format } = options;
  const gzip = options.gzip || options.out?.endsWith('.gz') === true;
  if (gzip && format === 'parquet') throw new UsageError('--gzip: a Parquet file is compressed already');
  const out = options.out ?? `entries.${format}${gzip ? '.gz' : ''}`;
  if (existsSync(out) && !options.overwrite) {
    throw new UsageError(`${out} is there already: name another file with --out, or give --overwrite`);
  }
  return withDatabase(async ({ pool }) => {
    const ranges = await rangesOf(pool, options);
    const shards = new Map<number, ExportedShard>();
    const pages = counted(pool, ranges, shards);
    const write = format === 'parquet' ? writeParquet : writeNdjson;
    const { bytes, sha256 } = await writeWhole(out, { gzip }, (sink) => write(pages, sink));
    const entries = [...shards.values()].reduce((sum, shard) => sum + shard.entries, 0);
    const limits = {
      ...(options.from !== undefined && { from: formatInstant(options.from) }),
      ...(options.to !== undefined && { to: formatInstant(options.to) }),
    };
    const listed = [...shards.values()];
    return {
      json: { file: out, format, gzip, entries, bytes, sha256, ...limits, shards: listed },
      text: [
        `${entries} entries written to ${out} (${bytes} bytes)`,
        `SHA-256 ${sha256}`,
        table(
          ['shard', 'first', 'last', 'entries', 'hash at last'],
          listed.map((each) => [each.shard, each.first, each.last, each.entries, each.hash.slice(0, 16)]),
        ),
      ].join('\n'),
    };
  });
}

type Ranges = Awaited<ReturnType<typeof entriesRange>>;

async function rangesOf(pool: Pool, limits: Pick<ExportOptions, 'from' | 'to'>): Promise<Ranges> {
  try {
    return await entriesRange(pool, limits);
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNDEFINED_TABLE) throw error;
    throw new Error('There is no ledger in this database yet: `npx loyalty start` makes one.', { cause: error });
  }
}

/** The pages of an export; what has gone by is told to `shards` and to whoever watches. */
async function* counted(
  pool: Pool,
  ranges: Ranges,
  shards: Map<number, ExportedShard>,
): AsyncGenerator<readonly ExportedEntry[]> {
  const total = ranges.reduce((sum, { first, last }) => sum + Math.max(0, last - first + 1), 0);
  const firsts = new Map(ranges.map(({ shard, first }) => [shard, first]));
  const progress = startProgress('exporting', 'events', total);
  let done = 0;
  try {
    for await (const { entries, shard, position, hash } of exportedEntries(pool, ranges)) {
      const first = firsts.get(shard) as number;
      const before = shards.get(shard);
      done += position - (before?.last ?? first - 1);
      shards.set(shard, { shard, first, last: position, entries: (before?.entries ?? 0) + entries.length, hash });
      progress.at(done);
      yield entries;
    }
  } finally {
    progress.stop();
  }
}
