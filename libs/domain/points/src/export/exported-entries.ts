import type { Pool } from 'pg';
import { type Entry, ENTRY_COLUMNS, entryOf, type EntryRow } from '../entry.ts';
import { POINTS_SCHEMA as schema } from '../points-writer.ts';
import type { ShardRange } from './entries-range.ts';

/** Rows in memory at once. */
const PAGE = 2_000;

/**
 * What moves points, and closings and reopenings, by which commands were refused. Requests for adjustments move none: approved, they
 * are adjustments that name their request.
 */
const EXPORTED = /^(points|account)\./;

/** An entry with what an auditor needs besides. */
export interface ExportedEntry extends Entry {
  readonly member: string;
  /** The event of another service that it was booked on, by id. */
  readonly causation?: string;
  /** Ties together what came of one purchase, return or command. */
  readonly correlation?: string;
  /** Of the log's chain at this entry; 64 hex digits. */
  readonly hash: string;
}

export interface ExportedPage {
  readonly entries: readonly ExportedEntry[];
  /** How far in its shard this page has come, events that are no entries included. */
  readonly shard: number;
  readonly position: number;
  /** Of the chain at that position. */
  readonly hash: string;
}

interface Row extends EntryRow {
  readonly subject: string;
  readonly correlation: string | null;
  readonly causation: string | null;
  readonly hash: string;
}

/** Entries by shard and position, some at a time. The log is never changed, so no transaction is held open meanwhile. */
export async function* exportedEntries(pool: Pool, ranges: readonly ShardRange[]): AsyncGenerator<ExportedPage> {
  for (const { shard, first, last } of ranges) {
    for (let after = first - 1; after < last;) {
      const { rows } = await pool.query<Row>({
        name: 'points exported entries',
        text: `SELECT ${ENTRY_COLUMNS}, subject, correlation, causation, encode(hash, 'hex') AS hash FROM ${schema}.events
               WHERE shard = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT ${PAGE}`,
        values: [shard, after, last],
      });
      const end = rows.at(-1);
      if (!end)
        throw new Error(`shard ${shard} of the points log ends at ${after}, not at ${last}: run loyalty verify`);
      after = end.position;
      const entries = rows.filter(({ type }) => EXPORTED.test(type)).map(exported);
      yield { entries, shard, position: after, hash: end.hash };
    }
  }
}

function exported({ subject, correlation, causation, hash, ...row }: Row): ExportedEntry {
  return {
    member: subject,
    ...entryOf(row),
    ...(causation !== null && { causation }),
    ...(correlation !== null && { correlation }),
    hash,
  };
}
