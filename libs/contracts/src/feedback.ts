import { z } from 'zod';
import { instant, opaqueId } from './scalars.ts';

const answer = { answer: opaqueId, member: opaqueId.optional(), at: instant };

export const feedbackAnswered = z.object({
  ...answer,
  kind: z.enum(['nps', 'csat']),
  /** NPS 0-10, CSAT 1-5. */
  score: z.int().min(0).max(10),
  /** Sealed: free text may hold personal data. */
  comment: z.string().optional(),
  language: z.string().optional(),
  channel: z.string().optional(),
  store: z.string().optional(),
  purchase: z.object({ source: opaqueId, id: opaqueId }).optional(),
});

export const caseOpened = z.object({
  case: z.string(),
  ...answer,
  reason: z.enum(['detractor', 'complaint']),
  /** What the answer said, so that a case can be read without it; absent where no score was asked. */
  kind: z.enum(['nps', 'csat']).optional(),
  score: z.int().min(0).max(10).optional(),
});
export const caseAssigned = z.object({ case: z.string(), at: instant, assignee: opaqueId });
export const caseActed = z.object({
  case: z.string(),
  at: instant,
  by: opaqueId,
  action: z.string(),
  /** Sealed. */ note: z.string().optional(),
});
export const caseResolved = z.object({
  case: z.string(),
  at: instant,
  by: opaqueId,
  rootCause: z.string(),
  /** Sealed. */ note: z.string().optional(),
});

export type FeedbackAnswered = z.infer<typeof feedbackAnswered>;
export type CaseOpened = z.infer<typeof caseOpened>;
export type CaseAssigned = z.infer<typeof caseAssigned>;
export type CaseActed = z.infer<typeof caseActed>;
export type CaseResolved = z.infer<typeof caseResolved>;

/** `sealed` names the top-level text fields that are stored encrypted with the subject's own key. */
export const feedbackEvents = {
  'feedback.answered.v1': { schema: feedbackAnswered, sealed: ['comment'] },
  'case.opened.v1': { schema: caseOpened },
  'case.assigned.v1': { schema: caseAssigned },
  'case.acted.v1': { schema: caseActed, sealed: ['note'] },
  'case.resolved.v1': { schema: caseResolved, sealed: ['note'] },
} as const;
