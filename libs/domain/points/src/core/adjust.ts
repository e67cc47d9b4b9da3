import type { PointsAdjusted } from '@loyalty/contracts';
import { formatInstant } from '@loyalty/kernel';
import { FULL, roomOf } from './capacity.ts';
import { refusedWhileClosed } from './close-account.ts';
import { accepted, type PointsContext, type PointsDecision, refused } from './decision.ts';
import type { PointsEvent } from './event.ts';
import type { Adjust } from './input.ts';
import { lotOfAdjustment } from './lot.ts';
import { nothingToTake, programOf, purseOf, severalWallets, takingPostings } from './spending.ts';
import { expiryBy, termsAt } from './terms.ts';
import { type FullState, newWallet, type Wallet } from './wallet.ts';

/**
 * Gives points (a lot that is active at once) or withdraws active ones. Withdrawn points stand in `reversed`: nobody spent them.
 * Refused: `invalid_points`, `program_required`, `unknown_program`, `expiry_required`, `expires_in_the_past`, `too_many_points`,
 * `insufficient_points`; `account_closed` where points are given: from a closed account they can still be withdrawn.
 */
export function adjust(input: Adjust, state: FullState, context: PointsContext): PointsDecision {
  const { points } = input;
  if (!Number.isSafeInteger(points) || points === 0) {
    return refused('invalid_points', 'Points are whole numbers, not 0, up to 9007199254740991.', {
      pointer: '/points',
    });
  }
  const closed = points > 0 && refusedWhileClosed(state);
  if (closed) return closed;
  const choice = programOf(input.program, state, context.global);
  if (choice.program === undefined) {
    if (choice.held.length > 0) return severalWallets(choice.held);
    return points > 0 ? noWallet(choice.published) : nothingToTake(points);
  }
  const wallet = state.wallets.get(choice.program) ?? newWallet(choice.program);
  return points > 0 ? give(input, wallet, context) : withdraw(input, wallet, context);
}

/** Points may be given to a member who has none yet, but only into a program that is named. */
function noWallet(published: readonly string[]): PointsDecision {
  if (published.length === 0) {
    return refused('unknown_program', 'No program is published: publish one first.', { pointer: '/program' });
  }
  const message = `The member has no wallet yet: name the program of the points, one of ${published.join(', ')}.`;
  return refused('program_required', message, { pointer: '/program' });
}

function give(input: Adjust, wallet: Wallet, { now, global }: PointsContext): PointsDecision {
  const { points } = input;
  const { program } = wallet;
  const terms = termsAt(global.terms, program, now);
  if (!terms && wallet.lots.size === 0) {
    return refused('unknown_program', `No program ${program} is in force.`, { pointer: '/program' });
  }
  const expiry = input.expiresAt === undefined ? expiryBy(terms, now) : { expiresAt: input.expiresAt };
  if (expiry === undefined) {
    return refused('expiry_required', 'The program says no expiry: say when the points expire.', {
      pointer: '/expiresAt',
    });
  }
  const { expiresAt, inactivity } = expiry;
  if (expiresAt !== null && expiresAt <= now) {
    return refused('expires_in_the_past', 'The points would be gone at once.', { pointer: '/expiresAt' });
  }
  if (points > roomOf(wallet)) {
    return refused('too_many_points', `A wallet ${FULL}.`, {
      pointer: '/points',
    });
  }
  const purse = purseOf(wallet, now);
  const lot = lotOfAdjustment(input.id);
  const at = formatInstant(now);
  const postings = [
    { lot, bucket: 'issued' as const, points: -points },
    { lot, bucket: 'held' as const, points },
  ];
  const until = expiresAt === null ? null : formatInstant(expiresAt);
  const data = {
    program,
    at,
    postings,
    activeFrom: at,
    expiresAt: until,
    ...(inactivity && { inactivity }),
    lot,
    points,
    ...why(input),
  };
  const event: PointsEvent = { type: 'points.adjusted.v1', time: now, data };
  // An adjustment repays nothing, so what is owed still weighs on what may be spent.
  const spendable = Math.max(0, purse.active + points - purse.owed);
  return accepted([...purse.due, event], { program, id: input.id, points, lots: [{ lot, points }], spendable });
}

function withdraw(input: Adjust, wallet: Wallet, { now }: PointsContext): PointsDecision {
  const { program } = wallet;
  const taken = -input.points;
  const purse = purseOf(wallet, now);
  if (taken > purse.spendable) {
    const details = { points: input.points, spendable: purse.spendable };
    return refused('insufficient_points', `${taken} points asked, ${purse.spendable} can be taken.`, { details });
  }
  const allocations = purse.allocate(taken);
  const at = formatInstant(now);
  const postings = takingPostings(allocations, 'reversed');
  const lot = lotOfAdjustment(input.id);
  const terms = { activeFrom: at, expiresAt: null };
  const data = { program, at, postings, ...terms, lot, points: input.points, ...why(input), allocations };
  const event: PointsEvent = { type: 'points.adjusted.v1', time: now, data };
  const spendable = purse.spendable - taken;
  return accepted([...purse.due, event], { program, id: input.id, points: input.points, lots: allocations, spendable });
}

function why({
  id,
  reason,
  reference,
  by,
  approvedBy,
}: Adjust): Pick<PointsAdjusted, 'reason' | 'reference' | 'by' | 'approvedBy' | 'request'> {
  return {
    reason,
    ...(reference !== undefined && { reference }),
    ...(by !== undefined && { by }),
    ...(approvedBy !== undefined && { approvedBy, request: id }),
  };
}
