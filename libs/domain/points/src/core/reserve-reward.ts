import { formatInstant } from '@loyalty/kernel';
import { accepted, type PointsContext, type PointsDecision } from './decision.ts';
import type { PointsEvent } from './event.ts';
import { takeReward } from './redeem-reward.ts';
import { assertNewName, endOfReservation, invalidTtl } from './reserve.ts';
import type { ReserveReward } from './reward-input.ts';
import { takingPostings } from './spending.ts';
import { termsAt } from './terms.ts';
import type { FullState } from './wallet.ts';

/**
 * Sets the price of a reward aside, as `reserve` does with points. Its piece is held as long, and the member's limit counts it. The
 * code is told by the capture: an entry of a reservation may be read by whoever may still give it up.
 * Refused: what `redeemReward` refuses, and `invalid_ttl`.
 */
export function reserveReward(input: ReserveReward, state: FullState, context: PointsContext): PointsDecision {
  const { id, reference, ttl } = input;
  const { now, global } = context;
  assertNewName(id, state);
  const chosen = takeReward(input, state, context);
  if ('kind' in chosen) {
    // Before a piece is held for it.
    return endOfReservation(ttl, undefined, now) === undefined ? invalidTtl() : chosen;
  }
  const { points, what } = chosen;
  const { wallet, purse, allocations, spendable } = chosen.taking;
  const { program } = wallet;
  const end = endOfReservation(ttl, termsAt(global.terms, program, now), now);
  if (end === undefined) return invalidTtl();
  const until = formatInstant(end);
  const data = {
    program,
    at: formatInstant(now),
    postings: takingPostings(allocations, 'reserved'),
    reservation: id,
    points,
    allocations,
    until,
    ...(reference !== undefined && { reference }),
    ...what,
  };
  const event: PointsEvent = { type: 'points.reserved.v1', time: now, data };
  return accepted([...purse.due, event], { program, id, points, lots: allocations, spendable, until, ...what });
}
