import { adjustOrAsk, approve, refuseRequest } from './approval.ts';
import { capture, voidReservation } from './capture.ts';
import { closeAccount, reopenAccount } from './close-account.ts';
import { assertCapacity } from './capacity.ts';
import { settle } from './consequences.ts';
import { accepted, type PointsContext, type PointsDecision } from './decision.ts';
import { decideReward } from './decide-reward.ts';
import type { MemberNote, PointsEvent } from './event.ts';
import { instant } from './instant.ts';
import type { LearnTier, PointsInput } from './input.ts';
import { openLot } from './open-lot.ts';
import { rate, rateFirst } from './rate.ts';
import { redeem } from './redeem.ts';
import { redeemReward } from './redeem-reward.ts';
import { reserve } from './reserve.ts';
import { reserveReward } from './reserve-reward.ts';
import type { RewardInput } from './reward-input.ts';
import { reverse } from './reverse.ts';
import { receive, send } from './transfer.ts';
import { undo } from './undo.ts';
import { type FullState, type MemberState, refresh } from './wallet.ts';

/**
 * Ratings and reversals are taken as they are and never refused; openings and decisions (redeem, adjust) may be: each says with what.
 * Throws on a rating that no contract allows or no wallet can hold: whoever fed it must look at it.
 */
export function decide(input: PointsInput, state: MemberState, context: PointsContext): PointsDecision {
  if (state.depth === 'shallow') {
    if (input.kind === 'tier') return accepted(learned(input.program, input.course));
    const events = input.kind === 'rate' && input.first ? rateFirst(input, state, context) : null;
    if (!events || input.kind !== 'rate') return { kind: 'insufficient' };
    return accepted([...events, ...learned(input.rating.program, input.course)]);
  }
  if (state.depth === 'reward') {
    if (!isOfReward(input)) throw new TypeError(`${input.kind} is for members, not for a reward`);
    return decideReward(input, state, context);
  }
  if (isOfReward(input)) throw new TypeError(`${input.kind} is for a reward, not for a member`);
  for (const wallet of state.wallets.values()) refresh(wallet);
  switch (input.kind) {
    case 'rate':
      return fact(rate(input, state, context), state, learned(input.rating.program, input.course));
    case 'reverse':
      return fact(reverse(input, state, context.now), state, learned(input.rating.program, input.course));
    case 'tier':
      return accepted(learned(input.program, input.course));
    case 'open':
      return openLot(input, state, context);
    case 'redeem':
      return redeem(input, state, context);
    case 'reward':
      return redeemReward(input, state, context);
    case 'adjust':
      return adjustOrAsk(input, state, context);
    case 'approve':
      return approve(input, state, context);
    case 'refuse':
      return refuseRequest(input, state, context);
    case 'close':
      return closeAccount(input, state, context);
    case 'reopen':
      return reopenAccount(input, state, context);
    case 'reserve':
      return reserve(input, state, context);
    case 'reserveReward':
      return reserveReward(input, state, context);
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

function fact(events: readonly PointsEvent[], state: FullState, notes: readonly MemberNote[] = []): PointsDecision {
  assertCapacity(events, state);
  return accepted([...events, ...notes]);
}

function learned(program: string, course: LearnTier['course'] | undefined): MemberNote[] {
  const [first] = course ?? [];
  if (!course || !first) return [];
  return [{ type: 'tier.learned.v1', time: instant(first.from), data: { program, course } }];
}

const OF_REWARD = { hold: true, settlePiece: true, returnPiece: true, addCode: true } as const;

function isOfReward(input: PointsInput): input is RewardInput {
  return Object.hasOwn(OF_REWARD, input.kind);
}
