import { adjust } from './adjust.ts';
import { capture, voidReservation } from './capture.ts';
import { assertCapacity } from './capacity.ts';
import { settle } from './consequences.ts';
import { accepted, type PointsContext, type PointsDecision } from './decision.ts';
import type { PointsEvent } from './event.ts';
import type { PointsInput } from './input.ts';
import { openLot } from './open-lot.ts';
import { rate, rateFirst } from './rate.ts';
import { redeem } from './redeem.ts';
import { reserve } from './reserve.ts';
import { reverse } from './reverse.ts';
import { receive, send } from './transfer.ts';
import { undo } from './undo.ts';
import { type FullState, type MemberState, refresh } from './wallet.ts';

/**
 * Ratings and reversals are taken as they are and never refused; openings and decisions (redeem, adjust) may be:
 * `invalid_points`, `insufficient_points`, `below_minimum`, `program_required`, `unknown_program`, `expiry_required`,
 * `expires_in_the_past`, `too_many_points`, `pending_after_expiry`, `reference_taken`.
 * Throws on a rating that no contract allows or no wallet can hold: whoever fed it must look at it.
 */
export function decide(input: PointsInput, state: MemberState, context: PointsContext): PointsDecision {
  if (state.depth === 'shallow') {
    const events = input.kind === 'rate' && input.first ? rateFirst(input, state, context) : null;
    return events ? { kind: 'accepted', events, answer: null } : { kind: 'insufficient' };
  }
  for (const wallet of state.wallets.values()) refresh(wallet);
  switch (input.kind) {
    case 'rate':
      return fact(rate(input, state, context), state);
    case 'reverse':
      return fact(reverse(input, state, context.now), state);
    case 'open':
      return openLot(input, state, context);
    case 'redeem':
      return redeem(input, state, context);
    case 'adjust':
      return adjust(input, state, context);
    case 'reserve':
      return reserve(input, state, context);
    case 'capture':
      return capture(input, state, context);
    case 'void':
      return voidReservation(input, state, context);
    case 'undo':
      return undo(input, state, context);
    case 'send':
      return send(input, state, context);
    case 'receive':
      return fact(receive(input, state, context.now), state);
    case 'settle':
      return accepted([...state.wallets.values()].flatMap((wallet) => settle(wallet, context.now)));
  }
}

function fact(events: readonly PointsEvent[], state: FullState): PointsDecision {
  assertCapacity(events, state);
  return accepted(events);
}
