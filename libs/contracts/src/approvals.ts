import { z } from 'zod';
import { posting } from './postings.ts';
import { instant, opaqueId, points } from './scalars.ts';

/** No points move with a request or its refusal: they stand among the member's entries, with no postings. */
const head = { program: opaqueId, at: instant, postings: z.array(posting).max(0), request: z.string(), points };

/** An adjustment was asked for that needs a second person's approval. */
export const adjustmentRequested = z.object({
  ...head,
  reason: z.string(),
  reference: z.string().optional(),
  /** As asked; left out = by the program, on approval. */
  expiresAt: instant.nullable().optional(),
  /** Who asked: the name of an API key. */
  by: z.string(),
  /** From this instant on it can no longer be approved. */
  until: instant,
});

/** It was refused by somebody, or taken back by whoever asked. An approved one is a `points.adjusted.v1`. */
export const adjustmentRefused = z.object({ ...head, by: z.string(), reason: z.string().optional() });

export type AdjustmentRequested = z.infer<typeof adjustmentRequested>;
export type AdjustmentRefused = z.infer<typeof adjustmentRefused>;

export const approvalEvents = {
  'adjustment.requested.v1': { schema: adjustmentRequested },
  'adjustment.refused.v1': { schema: adjustmentRefused },
} as const;
