import { pointsEvents } from '@loyalty/contracts';
import { createWriter, type Writer, type WriterOptions } from '@loyalty/event-store';
import type { Pool } from 'pg';
import type { PointsAnswer, PointsGlobal, PointsInput } from './core/input.ts';
import { pointsDecider } from './points-decider.ts';

export const POINTS_SCHEMA = 'points';

export type PointsWriter = Writer<PointsInput, PointsAnswer | null, PointsGlobal>;

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
    ...options,
  });
}
