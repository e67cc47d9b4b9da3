import { formatInstant } from '@loyalty/kernel';
import { accepted, type PointsContext, type PointsDecision } from './decision.ts';
import type { PointsEvent } from './event.ts';
import { keptSince } from './inactivity.ts';
import type { Redeem } from './input.ts';
import { moneyOff } from './money-off.ts';
import { takingPostings } from './spending.ts';
import { take } from './taking.ts';
import type { FullState } from './wallet.ts';

/**
 * Burns active points, earliest expiry first. Refused: `invalid_points`, `program_required`, `below_minimum`, `insufficient_points`, and
 * what `moneyOff` refuses.
 */
export function redeem(input: Redeem, state: FullState, context: PointsContext): PointsDecision {
  const taking = take(input, state, context, (terms) => terms.minimumRedemption);
  if ('kind' in taking) return taking;
  const worth = moneyOff(input, taking.terms);
  if ('kind' in worth) return worth;
  const { wallet, purse, allocations, spendable } = taking;
  const { program } = wallet;
  const { now } = context;
  const { points } = input;
  const postings = takingPostings(allocations, 'spent');
  const data = {
    program,
    at: formatInstant(now),
    postings,
    redemption: input.id,
    points,
    allocations,
    ...worth,
    ...keptSince(wallet.activities.lots, now),
  };
  const event: PointsEvent = {
    type: 'points.redeemed.v1',
    time: now,
    data: input.reference === undefined ? data : { ...data, reference: input.reference },
  };
  const { money } = worth;
  const answer = { program, id: input.id, points, lots: allocations, spendable, ...(money && { money }) };
  return accepted([...purse.due, event], answer);
}
