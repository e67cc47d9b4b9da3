import type { RewardTerms } from '@loyalty/contracts';
import { formatInstant } from '@loyalty/kernel';
import { accepted, type PointsContext, type PointsDecision, refused } from './decision.ts';
import type { RewardEvent } from './event.ts';
import type { AddCode, HoldPiece, ReturnPiece, RewardInput, SettlePiece } from './reward-input.ts';
import { hasEnded, issued, type RewardState } from './reward-state.ts';
import { termsAt } from './terms.ts';

/**
 * Whoever asks again will be told: a piece held for somebody else may come back in a moment. `details.ended` is the instant by which
 * reservations have ended and the reward was not told what became of them; null where none has.
 */
export const REWARD_BUSY = 'reward_busy';

/** What happens to the pieces of one reward. Refused: `unknown_reward`, `reward_out_of_stock`, `reward_busy` (not kept). */
export function decideReward(input: RewardInput, state: RewardState, context: PointsContext): PointsDecision {
  switch (input.kind) {
    case 'hold':
      return hold(input, state, context);
    case 'settlePiece':
      return settlePiece(input, state, context);
    case 'returnPiece':
      return returnPiece(input, state, context);
    case 'addCode':
      return addCode(input, state, context);
  }
}

/** The reward as the program's version in force has it. */
export function rewardAt(
  { global, now }: PointsContext,
  program: string,
  reward: string,
): { readonly reward: RewardTerms; readonly timeZone: string } | undefined {
  const terms = termsAt(global.terms, program, now);
  const found = terms?.rewards?.find(({ id }) => id === reward);
  return terms && found && { reward: found, timeZone: terms.timeZone };
}

export function unknownReward(reward: string, program: string): ReturnType<typeof refused> {
  const message = `${program} has no reward ${reward} now.`;
  return refused('unknown_reward', message, { pointer: '/reward' });
}

function hold(input: HoldPiece, state: RewardState, context: PointsContext): PointsDecision {
  const { program, reward, redemption, member, asked } = input;
  const found = rewardAt(context, program, reward);
  if (!found) return unknownReward(reward, program);
  const piece = nextPiece(state, found.reward);
  if (piece === undefined) {
    const about = { pointer: '/reward' };
    const held = [...state.open.values()];
    const ended = held.some((each) => hasEnded(each, context.now));
    if (ended || held.some(({ until }) => until === undefined)) {
      const message = `The last pieces of ${reward} are being redeemed: ask again.`;
      const details = { ended: ended ? formatInstant(context.now) : null };
      return { ...refused(REWARD_BUSY, message, { ...about, details }), keep: false };
    }
    return refused('reward_out_of_stock', `No piece of ${reward} is left.`, about);
  }
  const data = { program, reward, piece, redemption, member, asked };
  return told([{ type: 'reward.held.v1', time: context.now, data }], input, piece);
}

/** The lowest number that is there, so that codes leave in the order of their pool. Undefined where all are out. */
function nextPiece(state: RewardState, { stock, codes }: RewardTerms): number | undefined {
  if (stock !== undefined && issued(state) >= stock) return undefined;
  if (!codes) return state.freed[0] ?? state.next;
  // A piece from before the reward had codes has none.
  const again = state.firstCode === 0 ? undefined : state.freed.find((piece) => piece >= state.firstCode);
  if (again !== undefined) return again;
  const fresh = Math.max(state.next, state.firstCode);
  return fresh <= state.lastCode ? fresh : undefined;
}

function settlePiece(input: SettlePiece, state: RewardState, { now }: PointsContext): PointsDecision {
  const { program, reward, redemption, taken, until } = input;
  const held = state.open.get(redemption);
  if (!held) return accepted([]);
  const { piece, member, until: known } = held;
  const data = { program, reward, piece, member, redemption };
  if (until !== undefined) {
    if (known !== undefined) return accepted([]);
    return told([{ type: 'reward.reserved.v1', time: now, data: { ...data, until } }], input, piece);
  }
  return told([{ type: taken ? 'reward.taken.v1' : 'reward.freed.v1', time: now, data }], input, piece);
}

/** Where nobody told yet that the redemption went through, that is told first. */
function returnPiece(input: ReturnPiece, state: RewardState, context: PointsContext): PointsDecision {
  const { program, reward, redemption, member, piece, undo } = input;
  const data = { program, reward, piece, redemption, member };
  const terms = rewardAt(context, program, reward)?.reward;
  const restocked = terms?.undone === 'back' && terms.stock !== undefined;
  const time = context.now;
  const first: RewardEvent[] = state.open.has(redemption) ? [{ type: 'reward.taken.v1', time, data }] : [];
  return told([...first, { type: 'reward.returned.v1', time, data: { ...data, undo, restocked } }], input, piece);
}

/** May come before the version is in force that has the reward. */
function addCode(
  { program, reward, code }: AddCode,
  state: RewardState,
  { now, global }: PointsContext,
): PointsDecision {
  const versions = global.terms.filter((terms) => terms.program === program);
  const known = versions.some(({ rewards = [] }) => rewards.some(({ id, codes }) => id === reward && codes));
  if (!known) {
    const message = `${program} has no reward ${reward} with codes: publish a version that has it, and send the codes again.`;
    return { ...refused('unknown_reward', message, { pointer: '/reward' }), keep: false };
  }
  const piece = Math.max(state.lastCode, state.next - 1) + 1;
  return told([{ type: 'code.added.v1', time: now, data: { program, reward, piece, code } }], {
    program,
    redemption: '',
  });
}

function told(
  events: readonly RewardEvent[],
  { program, redemption }: { readonly program: string; readonly redemption: string },
  piece?: number,
): PointsDecision {
  const answer = { program, id: redemption, points: 0, lots: [], spendable: 0, ...(piece !== undefined && { piece }) };
  return accepted(events, answer);
}
