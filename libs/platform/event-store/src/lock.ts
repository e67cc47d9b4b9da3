import { int2Array, parseTimestamptz } from '@loyalty/database';
import { formatMicros } from '@loyalty/kernel';
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

/** Opens the transaction and locks the heads in shard order: the only lock that writers wait for. Not awaited: more follows on the wire. */
export function beginAndLock<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  shards: readonly number[],
): { readonly begun: Promise<QueryResult>; readonly heads: Promise<QueryResult<HeadRow>> } {
  return { begun: connection.command('BEGIN'), heads: connection.run(context.statements.lockHeads, [int2Array(shards)]) };
}

/**
 * The ends of the locked shards. Recorded time = max(database clock, head + 1 µs): it never goes back within a shard.
 * Throws ClockBehindError for a head too far ahead of the clock.
 */
export function tailsOf<S, I, A, G>(rows: readonly HeadRow[], context: LoopContext<S, I, A, G>): Map<number, Tail> {
  const tails = new Map<number, Tail>();
  for (const row of rows) {
    const clock = context.clock ? context.clock() : parseTimestamptz(row.clock);
    const head = parseTimestamptz(row.recorded);
    if (head - clock > context.aheadMs * 1000) {
      throw new ClockBehindError(
        `the clock says ${formatMicros(clock)}, but shard ${row.shard} of ${context.service} was last written at ${formatMicros(head)}: ` +
          'set the database server’s clock right; nothing is written until then',
      );
    }
    const recorded = Math.max(clock, head + 1);
    tails.set(row.shard, {
      shard: row.shard,
      start: row.position,
      generation: row.generation,
      recorded,
      now: Math.floor(recorded / 1000),
      position: row.position,
      hash: row.hash,
    });
  }
  return tails;
}
