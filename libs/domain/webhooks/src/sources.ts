import { parseTimestamptz } from '@loyalty/database';
import type { SourceLog } from '@loyalty/event-log';
import type { StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';

/** A log that events are sent from: near, where its table is in this database, or far. */
export type Source =
  | { readonly shards: number; /** `points.events` */ readonly table: string }
  | { readonly shards: number; readonly log: SourceLog };

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

/** The logs that events are sent from. They are only read, and of near ones only their `events`. */
export class Sources {
  /** Tables by source. */
  readonly near: ReadonlyMap<string, string>;
  /** Logs in other databases by source. */
  readonly far: ReadonlyMap<string, SourceLog>;

  constructor(private readonly known: ReadonlyMap<string, Source>) {
    const all = [...known];
    this.near = new Map(all.flatMap(([source, each]) => ('table' in each ? [[source, each.table]] : [])));
    this.far = new Map(all.flatMap(([source, each]) => ('log' in each ? [[source, each.log]] : [])));
  }

  shards(source: string): number {
    return this.of(source).shards;
  }

  /** Undefined where the log no longer holds it: its partition was archived. */
  async event(pool: Pool, source: string, shard: number, position: number): Promise<StoredEvent | undefined> {
    const of = this.of(source);
    if ('log' in of) {
      // Queued while the log was near.
      const { events } = await of.log.read({ shard, after: position - 1, positions: 1, events: 1 });
      return events[0];
    }
    const { rows } = await pool.query<EventRow>({
      name: `webhooks-event-${source}`,
      text: `SELECT id, type, subject, time, recorded, correlation, causation, trace, data, encode(hash, 'hex') AS hash
FROM ${of.table} WHERE shard = $1 AND position = $2`,
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
