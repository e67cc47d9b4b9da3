import { int2Array, parseTimestamptz } from '@loyalty/database';
import { formatMicros, type EpochMicros } from '@loyalty/kernel';
import type { QueryResult } from 'pg';
import type { Tail } from './append-buffer.ts';
import type { WriterConnection } from './connection.ts';
import type { LoopContext } from './loop-context.ts';
import { ClockBehindError } from './outcome.ts';

interface HeadRow {
  readonly shard: number;
  readonly position: number;
  readonly hash: Buffer;
  readonly recorded: string;
  readonly generation: number;
  readonly clock: string;
}

/** A reading of the database's clock is carried on by the process's own for this long. */
const READING_MS = 10_000;

/** Opens the transaction and locks the heads in shard order: the only lock that writers wait for. Not awaited: more follows on the wire. */
export function beginAndLock<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  shards: readonly number[],
): { readonly begun: Promise<QueryResult>; readonly heads: Promise<QueryResult<HeadRow>> } {
  return {
    begun: connection.command('BEGIN'),
    heads: connection.run(context.statements.lockHeads, [int2Array(shards)]),
  };
}

/** The ends of the locked shards. Throws ClockBehindError for a head too far ahead of the clock. */
export function tailsOf<S, I, A, G>(rows: readonly HeadRow[], context: LoopContext<S, I, A, G>): Map<number, Tail> {
  const tails = new Map<number, Tail>();
  for (const row of rows) {
    const clock = parseTimestamptz(row.clock);
    context.reading = { clock, at: performance.now() };
    tails.set(row.shard, tailAt(context, row, parseTimestamptz(row.recorded), clock));
  }
  return tails;
}

/** The ends of shards as this loop left them, or undefined when it does not know them all or not what time it is. */
export function knownTails<S, I, A, G>(
  shards: readonly number[],
  context: LoopContext<S, I, A, G>,
): Map<number, Tail> | undefined {
  const { reading } = context;
  const age = reading ? performance.now() - reading.at : Infinity;
  if (!reading || age > READING_MS) return undefined;
  const clock = reading.clock + Math.round(age * 1000);
  const tails = new Map<number, Tail>();
  for (const shard of shards) {
    const head = context.cache.head(shard);
    if (!head) return undefined;
    tails.set(shard, tailAt(context, { shard, ...head }, head.recorded, clock));
  }
  return tails;
}

/** Recorded time = max(database clock, head + 1 µs): it never goes back within a shard. */
function tailAt<S, I, A, G>(
  context: LoopContext<S, I, A, G>,
  { shard, position, hash, generation }: Pick<HeadRow, 'shard' | 'position' | 'hash' | 'generation'>,
  head: EpochMicros,
  databaseClock: EpochMicros,
): Tail {
  const clock = context.clock ? context.clock() : databaseClock;
  if (head - clock > context.aheadMs * 1000) {
    throw new ClockBehindError(
      `the clock says ${formatMicros(clock)}, but shard ${shard} of ${context.service} was last written at ${formatMicros(head)}: ` +
        'set the database server’s clock right; nothing is written until then',
    );
  }
  const recorded = Math.max(clock, head + 1);
  return {
    shard,
    start: position,
    startHash: hash,
    generation,
    recorded,
    now: Math.floor(recorded / 1000),
    position,
    hash,
  };
}
