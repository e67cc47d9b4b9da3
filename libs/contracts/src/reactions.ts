import { z } from 'zod';
import { points } from './scalars.ts';

/**
 * An operator gave up an event of another service that could not be applied: what it would have done is never done.
 * Written to every shard of the consumer's own log.
 */
export const reactionDiscarded = z.object({
  consumer: z.string(),
  source: z.string(),
  shard: z.int(),
  /** Of the event given up, in its source's log. */
  position: points,
  /** Its id, type and subject. */
  event: z.uuid(),
  type: z.string(),
  subject: z.string(),
  /** Why it could not be applied. */
  failure: z.string(),
  /** Why it may be left out for ever, and who says so. */
  reason: z.string(),
  by: z.string(),
});

export type ReactionDiscarded = z.infer<typeof reactionDiscarded>;

/** Events of every service that follows another. */
export const reactionEvents = {
  'reaction.discarded.v1': { schema: reactionDiscarded },
} as const;
