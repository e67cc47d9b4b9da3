import { parseTimestamptz } from '@loyalty/database';
import type { StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';

/** A log in reach of this process's database. */
export interface Source {
  /** `points.events` */
  readonly table: string;
  readonly shards: number;
}

interface EventRow {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly recorded: string;
  readonly correlation: string | null;
  readonly causation: string | null;
  readonly trace: string | null;
  readonly data: string;
  readonly hash: string;
}

/** The logs that events are sent from. They are only read, and only their `events`. */
export class Sources {
  constructor(private readonly known: ReadonlyMap<string, Source>) {}

  tableOf(source: string): string {
    return this.of(source).table;
  }

  shards(source: string): number {
    return this.of(source).shards;
  }

  /** Undefined where the log no longer holds it: its partition was archived. */
  async event(pool: Pool, source: string, shard: number, position: number): Promise<StoredEvent | undefined> {
    const { rows } = await pool.query<EventRow>({
      name: `webhooks-event-${source}`,
      text: `SELECT id, type, subject, time, recorded, correlation, causation, trace, data, encode(hash, 'hex') AS hash
FROM ${this.tableOf(source)} WHERE shard = $1 AND position = $2`,
      values: [shard, position],
    });
    const [row] = rows;
    if (row === undefined) return undefined;
    const time = Math.floor(parseTimestamptz(row.time) / 1000);
    return { ...row, source, shard, position, time, recorded: parseTimestamptz(row.recorded) };
  }

  private of(source: string): Source {
    const found = this.known.get(source);
    if (found === undefined) throw new TypeError(`no log of ${source} is in reach`);
    return found;
  }
}
