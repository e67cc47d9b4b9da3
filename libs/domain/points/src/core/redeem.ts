import { formatInstant } from '@loyalty/kernel';
import { accepted, type PointsContext, type PointsDecision, refused } from './decision.ts';
import type { PointsEvent } from './event.ts';
import type { Redeem } from './input.ts';
import { nothingToTake, programOf, purseOf, severalWallets, takingPostings } from './spending.ts';
import { termsAt } from './terms.ts';
import { type FullState, newWallet } from './wallet.ts';

/** Burns active points, earliest expiry first. Refused: `invalid_points`, `program_required`, `below_minimum`, `insufficient_points`. */
export function redeem(input: Redeem, state: FullState, { now, global }: PointsContext): PointsDecision {
  const { points } = input;
  if (!Number.isSafeInteger(points) || points <= 0) {
    return refused('invalid_points', 'Points are whole numbers from 1 to 9007199254740991.', { pointer: '/points' });
  }
  const { program, held } = programOf(input.program, state, global);
  if (program === undefined) return held.length > 0 ? severalWallets(held) : nothingToTake(points);
  const minimum = termsAt(global.terms, program, now)?.minimumRedemption ?? 0;
  if (points < minimum) {
    const details = { minimum };
    return refused('below_minimum', `A redemption takes at least ${minimum} points.`, { pointer: '/points', details });
  }
  const purse = purseOf(state.wallets.get(program) ?? newWallet(program), now);
  if (points > purse.spendable) {
    const details = { points, spendable: purse.spendable };
    return refused('insufficient_points', `${points} points asked, ${purse.spendable} can be spent.`, { details });
  }
  const allocations = purse.allocate(points);
  const postings = takingPostings(allocations, 'spent');
  const data = { program, at: formatInstant(now), postings, redemption: input.id, points, allocations };
  const event: PointsEvent = {
    type: 'points.redeemed.v1',
    time: now,
    data: input.reference === undefined ? data : { ...data, reference: input.reference },
  };
  const spendable = purse.spendable - points;
  return accepted([...purse.due, event], { program, id: input.id, points, lots: allocations, spendable });
}
