import { pointsEvents } from '@loyalty/contracts';
import { createWriter, type Writer, type WriterOptions } from '@loyalty/event-store';
import type { Pool } from 'pg';
import type { PointsAnswer, PointsGlobal, PointsInput } from './core/input.ts';
import { pointsDecider } from './points-decider.ts';

export const POINTS_SCHEMA = 'points';

export type PointsWriter = Writer<PointsInput, PointsAnswer | null, PointsGlobal>;

/**
 * Some 40,000 members. A member who spends and is not in memory is read from the log: with 64 MiB 100,000 members (Zipf 1) with
 * a log of 800,000 events were read so often that commands came at half the pace.
 */
const CACHE_BYTES = 128 * 1_048_576;

export type PointsWriterOptions = Pick<
  WriterOptions<unknown, unknown, unknown>,
  | 'loops'
  | 'queueLimit'
  | 'batchLimit'
  | 'sourceLimit'
  | 'cacheBytes'
  | 'clock'
  | 'validate'
  | 'notify'
  | 'observer'
  | 'chained'
>;

/** The writer of the points log, without Nest: for the module, the command line, benches and tests. */
export function createPointsWriter(pool: Pool, options: PointsWriterOptions = {}): PointsWriter {
  return createWriter({
    pool,
    schema: POINTS_SCHEMA,
    service: 'points',
    decider: pointsDecider(POINTS_SCHEMA),
    contracts: pointsEvents,
    cacheBytes: CACHE_BYTES,
    ...options,
  });
}
