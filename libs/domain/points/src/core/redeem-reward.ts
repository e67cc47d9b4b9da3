import type { RewardTerms } from '@loyalty/contracts';
import { type EpochMs, formatInstant, timeZone } from '@loyalty/kernel';
import { calendarPeriod } from './calendar-period.ts';
import { accepted, type PointsContext, type PointsDecision, refused } from './decision.ts';
import { rewardAt, unknownReward } from './decide-reward.ts';
import type { PointsEvent } from './event.ts';
import { keptSince } from './inactivity.ts';
import { instant } from './instant.ts';
import type { RedeemReward, ReserveReward } from './reward-input.ts';
import { programOf, severalWallets, takingPostings } from './spending.ts';
import { take, type Taking } from './taking.ts';
import { tierAt } from './tier.ts';
import type { FullState } from './wallet.ts';

/** Not an answer to a client: everything else is in order, and a piece must be held first. `details.program` says where. */
export const PIECE_NEEDED = 'piece_needed';

/**
 * Burns the price of a reward, earliest expiry first. A reward with pieces to count is looked at twice: without a piece, to see that
 * nothing else stands in the way, and with the piece held for this redemption, or with what the reward said instead.
 * Refused: `program_required`, `unknown_reward`, `reward_not_available`, `reward_not_for_tier`, `reward_limit_reached`,
 * `insufficient_points`, and what the reward refuses (`reward_out_of_stock`).
 */
export function redeemReward(input: RedeemReward, state: FullState, context: PointsContext): PointsDecision {
  const chosen = takeReward(input, state, context);
  if ('kind' in chosen) return chosen;
  const { id, reference } = input;
  const { points, what, code } = chosen;
  const { wallet, purse, allocations, spendable } = chosen.taking;
  const { program } = wallet;
  const { now } = context;
  const data = {
    program,
    at: formatInstant(now),
    postings: takingPostings(allocations, 'spent'),
    redemption: id,
    points,
    allocations,
    ...keptSince(wallet.activities.lots, now),
    ...(reference !== undefined && { reference }),
    ...what,
    ...code,
  };
  const event: PointsEvent = { type: 'points.redeemed.v1', time: now, data };
  return accepted([...purse.due, event], { program, id, points, lots: allocations, spendable, ...what, ...code });
}

/** The price of a reward, which nothing but a missing piece can stand in the way of any more, and what is had for it. */
export interface RewardTaking {
  readonly taking: Taking;
  readonly points: number;
  readonly what: { readonly reward: string; readonly piece?: number };
  readonly code: { readonly code?: string };
}

/** @returns what `redeemReward` refuses, too */
export function takeReward(
  input: RedeemReward | ReserveReward,
  state: FullState,
  context: PointsContext,
): RewardTaking | PointsDecision {
  const { reward: name, piece } = input;
  if (piece?.kind === 'none') return { kind: 'refused', refusal: piece.refusal };
  const { program, held } = programOf(input.program, state, context.global);
  if (program === undefined) {
    if (held.length > 0) return severalWallets(held);
    return refused('program_required', 'The member has no wallet yet: name the program of the reward.', {
      pointer: '/program',
    });
  }
  const found = rewardAt(context, program, name);
  if (!found) return unknownReward(name, program);
  const { reward } = found;
  const { now } = context;
  const barred =
    notNow(reward, now) ??
    notForTier(reward, tierAt(state.tiers.get(program), now)) ??
    limited(found, program, state, now);
  if (barred) return barred;
  const taking = take({ program, points: reward.points }, state, context);
  if ('kind' in taking) return taking;
  if (isCounted(reward) && !piece) {
    const details = { program };
    return { ...refused(PIECE_NEEDED, 'A piece must be held first.', { details }), keep: false };
  }
  return {
    taking,
    points: reward.points,
    what: { reward: name, ...(piece && { piece: piece.number }) },
    code: piece?.code === undefined ? {} : { code: piece.code },
  };
}

/** Whether there is an end of its pieces. */
export const isCounted = ({ stock, codes }: Pick<RewardTerms, 'stock' | 'codes'>): boolean =>
  stock !== undefined || codes === true;

function notNow({ id, from, until }: RewardTerms, now: EpochMs): PointsDecision | undefined {
  if (from !== undefined && now < instant(from)) {
    const message = `${id} is to be had from ${from} on.`;
    return refused('reward_not_available', message, { pointer: '/reward', details: { from } });
  }
  if (until === undefined || now < instant(until)) return undefined;
  return refused('reward_not_available', `${id} was to be had until ${until}.`, {
    pointer: '/reward',
    details: { until },
  });
}

function notForTier({ id, tiers }: RewardTerms, tier: string | null): PointsDecision | undefined {
  if (!tiers || (tier !== null && tiers.includes(tier))) return undefined;
  const message = `${id} is for ${tiers.join(', ')}; the member holds ${tier ?? 'no tier'}.`;
  return refused('reward_not_for_tier', message, { pointer: '/reward', details: { tier } });
}

/** Redemptions that were undone whole do not count; running reservations do, whenever they are captured. */
function limited(
  { reward: { id, perMember }, timeZone: zoneId }: NonNullable<ReturnType<typeof rewardAt>>,
  program: string,
  state: FullState,
  now: EpochMs,
): PointsDecision | undefined {
  if (!perMember) return undefined;
  const { count, per } = perMember;
  const zone = timeZone(zoneId);
  const period = calendarPeriod(zone, now, per);
  let had = 0;
  const wallet = state.wallets.get(program);
  for (const { reward, at, points, undone } of wallet?.redemptions.values() ?? []) {
    if (reward === id && undone < points && calendarPeriod(zone, at, per) === period) had += 1;
  }
  for (const { reward, until } of wallet?.reserved ?? []) if (reward === id && now < until) had += 1;
  if (had < count) return undefined;
  const message = per === 'ever' ? `A member gets ${count} of ${id}.` : `A member gets ${count} of ${id} a ${per}.`;
  return refused('reward_limit_reached', message, { pointer: '/reward', details: { count, per, had } });
}
