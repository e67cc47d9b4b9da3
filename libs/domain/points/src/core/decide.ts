import { adjust } from './adjust.ts';
import { settle } from './consequences.ts';
import { accepted, type PointsContext, type PointsDecision } from './decision.ts';
import type { PointsInput } from './input.ts';
import { openLot } from './open-lot.ts';
import { rate, rateFirst } from './rate.ts';
import { redeem } from './redeem.ts';
import { reverse } from './reverse.ts';
import type { MemberState } from './wallet.ts';

/**
 * Facts (rate, reverse, open) are taken as they are and never refused; decisions (redeem, adjust) may be:
 * `invalid_points`, `insufficient_points`, `below_minimum`, `program_required`, `unknown_program`, `expiry_required`,
 * `expires_in_the_past`, `too_many_points`.
 * Throws on a fact that no contract allows: whoever fed it must look at it.
 */
export function decide(input: PointsInput, state: MemberState, context: PointsContext): PointsDecision {
  if (state.depth === 'shallow') {
    const events = input.kind === 'rate' && input.first ? rateFirst(input, state.wallets, context.now) : null;
    return events ? { kind: 'accepted', events, answer: null } : { kind: 'insufficient' };
  }
  switch (input.kind) {
    case 'rate':
      return accepted(rate(input, state, context.now));
    case 'reverse':
      return accepted(reverse(input, state, context.now));
    case 'open':
      return openLot(input, state, context);
    case 'redeem':
      return redeem(input, state, context);
    case 'adjust':
      return adjust(input, state, context);
    case 'settle':
      return accepted([...state.wallets.values()].flatMap((wallet) => settle(wallet, context.now)));
  }
}
