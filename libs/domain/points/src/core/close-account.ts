import { formatInstant } from '@loyalty/kernel';
import { accepted, type PointsContext, type PointsDecision, refused } from './decision.ts';
import type { MemberNote } from './event.ts';
import type { FullState } from './wallet.ts';

interface AccountStep {
  readonly reason: string;
  readonly reference?: string;
  /** Who asks: the name of an API key. */
  readonly by: string;
}

/** Closes a member's account, in all programs. */
export interface CloseAccount extends AccountStep {
  readonly kind: 'close';
}

/** Opens a closed account again. */
export interface ReopenAccount extends AccountStep {
  readonly kind: 'reopen';
}

/**
 * Closes the account. Points neither move nor vanish by that, facts are booked as before, and what a till began it can end. A member
 * nobody has heard of can be closed, too: what comes later finds it so. Refused: `already_closed`.
 */
export function closeAccount(input: CloseAccount, state: FullState, { now }: PointsContext): PointsDecision {
  if (state.closedAt !== null) {
    const closedAt = formatInstant(state.closedAt);
    return refused('already_closed', `The account is closed since ${closedAt}.`, { details: { closedAt } });
  }
  return accepted([{ type: 'account.closed.v1', time: now, data: told(input, now) }]);
}

/** Refused: `not_closed`. */
export function reopenAccount(input: ReopenAccount, state: FullState, { now }: PointsContext): PointsDecision {
  if (state.closedAt === null) return refused('not_closed', 'The account is open: there is nothing to reopen.');
  return accepted([{ type: 'account.reopened.v1', time: now, data: told(input, now) }]);
}

/** The refusal of what a closed account does not do; undefined where it is open. */
export function refusedWhileClosed({ closedAt }: FullState): PointsDecision | undefined {
  if (closedAt === null) return undefined;
  const since = formatInstant(closedAt);
  const details = { closedAt: since };
  return refused('account_closed', `The member’s account is closed since ${since}: reopen it first.`, { details });
}

function told(
  { reason, reference, by }: AccountStep,
  now: number,
): Extract<MemberNote, { type: 'account.closed.v1' }>['data'] {
  return { at: formatInstant(now), postings: [], reason, ...(reference !== undefined && { reference }), by };
}
