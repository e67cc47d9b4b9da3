import { z } from 'zod';
import { posting } from './postings.ts';
import { instant } from './scalars.ts';

/** Of the member in every program. No points move with it: it stands among the member's entries, with no postings. */
const step = z.object({
  at: instant,
  postings: z.array(posting).max(0),
  reason: z.string(),
  reference: z.string().optional(),
  /** Who did it: the name of an API key. */
  by: z.string(),
});

/** From here on nothing of the member's points is spent, reserved, sent or given, until the account is reopened. Its points stay. */
export const accountClosed = step;

/** The account is as it was before it was closed. */
export const accountReopened = step;

export type AccountClosed = z.infer<typeof accountClosed>;
export type AccountReopened = z.infer<typeof accountReopened>;

export const accountEvents = {
  'account.closed.v1': { schema: accountClosed },
  'account.reopened.v1': { schema: accountReopened },
} as const;
