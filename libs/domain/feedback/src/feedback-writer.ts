import { feedbackEvents } from '@loyalty/contracts';
import { createWriter, type Writer, type WriterOptions } from '@loyalty/event-store';
import type { Pool } from 'pg';
import type { FeedbackAnswer, FeedbackCommand } from './core/command.ts';
import { feedbackDecider } from './feedback-decider.ts';

export const FEEDBACK_SCHEMA = 'feedback';

export type FeedbackWriter = Writer<FeedbackCommand, FeedbackAnswer, null>;

export type FeedbackWriterOptions = Pick<
  WriterOptions<unknown, unknown, unknown>,
  'loops' | 'queueLimit' | 'cacheBytes' | 'clock' | 'validate' | 'notify' | 'observer'
>;

/** The writer of the feedback log, without Nest: for the module, the command line and tests. */
export function createFeedbackWriter(pool: Pool, options: FeedbackWriterOptions = {}): FeedbackWriter {
  return createWriter({
    pool,
    schema: FEEDBACK_SCHEMA,
    service: 'feedback',
    decider: feedbackDecider(FEEDBACK_SCHEMA),
    contracts: feedbackEvents,
    ...options,
  });
}
