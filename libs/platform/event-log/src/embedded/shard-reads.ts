import { int2Array, int8Array, parseTimestamptz } from '@loyalty/database';
import type { LogPosition, StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';
import type { ShardReader } from '../transport.ts';

export interface ReadLimits {
  /** Events a shard gets in one read at most. */
  readonly events: number;
  /** Rough bytes a shard gets in one read at most; a single larger event still comes, alone. */
  readonly bytes: number;
}

interface Ask {
  readonly shard: number;
  after: number;
  /** Nothing was left at the last look; asked again when something may have come. */
  idle: boolean;
  /** Up to where something was written since the last read began; infinite where nobody knows how far. */
  told: number;
  /** Rises with each seek: an answer to an older question is thrown away. */
  turn: number;
  pending: { resolve(events: readonly StoredEvent[]): void; reject(reason: unknown): void } | null;
}

export interface ShardReadsOptions {
  readonly pool: Pool;
  readonly source: string;
  readonly schema: string;
  /** False: events come without `data`. */
  readonly payload: boolean;
  readonly limits: ReadLimits;
  /** Runs the read when the process has a slot for it. */
  readonly slot: <T>(read: () => Promise<T>) => Promise<T>;
  /** Told of a read that failed; it is tried again when this resolves. */
  readonly onError: (error: unknown) => Promise<void>;
}

/** Rows besides `data` in bytes, roughly. */
const ROW_BYTES = 300;

/**
 * All reads of one consumer from one source: one statement for whichever shards ask, one at a time, so a consumer never takes
 * more than one connection and a wake-up costs one round trip, not one a shard.
 */
export class ShardReads {
  private readonly asks = new Map<number, Ask>();
  private reading = false;
  private readonly statement: { name: string; text: string };
  private readonly options: ShardReadsOptions;

  constructor(options: ShardReadsOptions) {
    this.options = options;
    const { schema, payload } = options;
    // Per shard an index range: partitions are pruned at run time and come in order, so LIMIT stops the scan. The running sum
    // bounds bytes without detoasting (octet_length reads the header), and tells whether it was the bound that ended the read. Parameters
    // stand in subselects so that the planner cannot look into them: it would plan most calls anew (0.2 ms, three times what they take).
    this.statement = {
      name: `event_log_${payload ? 'read' : 'scan'}_${schema}`,
      text: `SELECT e.shard, e.position, e.id, e.type, e.subject, e.time, e.recorded, e.correlation, e.causation, e.trace, ${payload ? 'e.data' : "''"}, encode(e.hash, 'hex'), e.bytes
FROM unnest((SELECT $1::int2[]), (SELECT $2::int8[])) AS ask (shard, after)
CROSS JOIN LATERAL (
  SELECT * FROM (
    SELECT *, sum(octet_length(data) + ${ROW_BYTES}) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) AS bytes
    FROM ${schema}.events WHERE shard = ask.shard AND position > ask.after ORDER BY shard, position LIMIT (SELECT $3::int8)
  ) AS bounded WHERE bytes - octet_length(data) - ${ROW_BYTES} < (SELECT $4::int8)
) AS e`,
    };
  }

  reader(shard: number, signal: AbortSignal): ShardReader {
    const ask: Ask = { shard, after: 0, idle: false, told: 0, turn: 0, pending: null };
    this.asks.set(shard, ask);
    signal.addEventListener(
      'abort',
      () => {
        if (this.asks.get(shard) === ask) this.asks.delete(shard);
        ask.pending?.reject(signal.reason);
        ask.pending = null;
      },
      { once: true },
    );
    return {
      next: () =>
        new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason);
          ask.pending = { resolve, reject };
          void this.pump();
        }),
      seek: (after) => {
        ask.after = after;
        ask.turn++;
        ask.idle = false;
        void this.pump();
      },
    };
  }

  /** Something may have been written: at least up to these heads, or, without them, anywhere. */
  wake(heads?: readonly LogPosition[]): void {
    if (heads === undefined) for (const ask of this.asks.values()) this.arouse(ask, Infinity);
    for (const { shard, position } of heads ?? []) {
      const ask = this.asks.get(shard);
      if (ask !== undefined) this.arouse(ask, position);
    }
    void this.pump();
  }

  private arouse(ask: Ask, upto: number): void {
    if (upto <= ask.after) return;
    ask.told = Math.max(ask.told, upto);
    ask.idle = false;
  }

  private async pump(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      for (let asking = this.asking(); asking.length > 0; asking = this.asking()) {
        try {
          await this.options.slot(() => this.read(this.asking()));
        } catch (error) {
          await this.options.onError(error);
        }
      }
    } finally {
      this.reading = false;
    }
  }

  private asking(): Ask[] {
    return [...this.asks.values()].filter((ask) => ask.pending !== null && !ask.idle);
  }

  private async read(asking: readonly Ask[]): Promise<void> {
    if (asking.length === 0) return;
    const { pool, source, limits } = this.options;
    const turns = asking.map(({ turn }) => turn);
    for (const ask of asking) ask.told = 0;
    const { rows } = await pool.query<Row>({
      ...this.statement,
      rowMode: 'array',
      values: [
        int2Array(asking.map(({ shard }) => shard)),
        int8Array(asking.map(({ after }) => after)),
        limits.events,
        limits.bytes,
      ],
    });
    const byShard = new Map<number, Found>();
    for (const row of rows) {
      const found = byShard.get(row[0]);
      if (found === undefined) byShard.set(row[0], { events: [eventOf(source, row)], bytes: row[12] });
      else {
        found.events.push(eventOf(source, row));
        found.bytes = row[12];
      }
    }
    for (const [i, ask] of asking.entries()) {
      if (ask.turn !== turns[i] || ask.pending === null) continue;
      const { events, bytes } = byShard.get(ask.shard) ?? NOTHING;
      ask.after = events.at(-1)?.position ?? ask.after;
      // All of them, and nothing was written behind them meanwhile.
      ask.idle = events.length < limits.events && bytes < limits.bytes && ask.told <= ask.after;
      if (events.length === 0) continue;
      const { resolve } = ask.pending;
      ask.pending = null;
      resolve(events);
    }
  }
}

interface Found {
  readonly events: StoredEvent[];
  /** Of them all, as the database counts. */
  bytes: number;
}

const NOTHING: Found = { events: [], bytes: 0 };

type Row = [
  shard: number,
  position: number,
  id: string,
  type: string,
  subject: string,
  time: string,
  recorded: string,
  correlation: string | null,
  causation: string | null,
  trace: string | null,
  data: string,
  hash: string,
  bytes: number,
];

function eventOf(source: string, row: Row): StoredEvent {
  const [shard, position, id, type, subject, time, recorded, correlation, causation, trace, data, hash] = row;
  return {
    shard,
    position,
    id,
    source,
    type,
    subject,
    time: Math.floor(parseTimestamptz(time) / 1000),
    recorded: parseTimestamptz(recorded),
    correlation,
    causation,
    trace,
    data,
    hash,
  };
}
