import { addPeriod, type EpochMs, formatInstant, parsePeriod, timeZone } from '@loyalty/kernel';
import type { Posting } from '@loyalty/contracts';
import { spendableWith } from './capture.ts';
import { expiry } from './consequences.ts';
import { accepted, type PointsContext, type PointsDecision, refused } from './decision.ts';
import type { PointsEvent } from './event.ts';
import { endsOf, ofRedemption } from './inactivity.ts';
import type { Undo } from './input.ts';
import { type Lot, lotOfUndo } from './lot.ts';
import { type Allocation, firstOf, type Redemption, restOf } from './reservation.ts';
import { purseOf } from './spending.ts';
import { invalidPoints } from './taking.ts';
import { termsAt } from './terms.ts';
import { type FullState, isActive, type Wallet } from './wallet.ts';

/**
 * Gives points of a redemption back to their lots, those that burned last first. What falls into a lot that has expired expires in
 * the same instant, unless the program's `undoExpired` lets it live on for a time, in a lot of its own.
 * Refused: `invalid_points`, `unknown_redemption`, `already_undone`, `more_than_redeemed`.
 */
export function undo(input: Undo, state: FullState, { now, global }: PointsContext): PointsDecision {
  const found = redemptionOf(input.redemption, state);
  if (!found) {
    const message = `The member has no redemption ${input.redemption}.`;
    return refused('unknown_redemption', message, { pointer: '/redemption' });
  }
  const { wallet, redemption } = found;
  const left = redemption.points - redemption.undone;
  const { points = left, id, reference } = input;
  if (left === 0) {
    return refused('already_undone', `Redemption ${redemption.id} is undone already.`, { pointer: '/redemption' });
  }
  const invalid = invalidPoints(points);
  if (invalid) return invalid;
  if (points > left) {
    const message = `${points} points asked, ${left} of ${redemption.points} redeemed are not undone yet.`;
    return refused('more_than_redeemed', message, { pointer: '/points', details: { points, left } });
  }
  const { program } = wallet;
  const purse = purseOf(wallet, now);
  const allocations = restOf(firstOf(redemption.allocations, left), left - points).reverse();
  const alive = graceEnd(termsAt(global.terms, program, now), now);
  const idle = points === left ? idleWithout(wallet, redemption, now) : new Set<Lot>();
  const isGone = (id: string): boolean => {
    const lot = wallet.lots.get(id) as Lot;
    return now >= lot.expiresAt || idle.has(lot);
  };
  const revived = alive === undefined ? [] : allocations.filter(({ lot }) => isGone(lot));
  const postings = allocations.flatMap(({ lot, points: back }): Posting[] => {
    const gone = alive === undefined ? 'expired' : 'sent';
    const bucket = isGone(lot) ? gone : 'held';
    return [
      { lot, bucket: 'spent', points: -back },
      { lot, bucket, points: back },
    ];
  });
  const at = formatInstant(now);
  const data = {
    program,
    at,
    postings,
    redemption: redemption.id,
    undo: id,
    points,
    allocations,
    ...(revived.length > 0 && { revived }),
    ...(reference !== undefined && { reference }),
    ...ofReward(redemption, left === points),
  };
  const event: PointsEvent = { type: 'points.undone.v1', time: now, data };
  const living = revived.map((allocation, i) => revival(wallet, id, i + 1, allocation, now, alive as EpochMs));
  const over = [...idle].flatMap((lot) => (purse.held(lot) > 0 ? [expiry(program, lot, purse.held(lot), now)] : []));
  const ended = [...idle].reduce((total, lot) => total + (isActive(lot, now) ? purse.held(lot) : 0), 0);
  const active = purse.active + sum(revived) - ended;
  const back = allocations.filter(({ lot }) => !isGone(lot));
  const spendable = spendableWith(wallet, { ...purse, active }, back, now);
  const reward = ofReward(redemption, false);
  const answer = { program, id, points, lots: allocations, spendable, left: left - points, ...reward };
  return accepted([...purse.due, event, ...over, ...living], answer);
}

/** Lots that only this redemption kept from expiring by inactivity. */
function idleWithout({ activities }: Wallet, { id }: Redemption, now: EpochMs): Set<Lot> {
  const name = ofRedemption(id);
  const known = activities.all.get(name);
  if (activities.lots.size === 0 || !known) return new Set();
  const ends = endsOf(activities.lots, new Map(activities.all).set(name, { ...known, until: now }).values());
  return new Set([...ends].flatMap(([lot, end]) => (end <= now && now < lot.expiresAt ? [lot] : [])));
}

function ofReward({ reward, piece }: Redemption, whole: boolean): { reward?: string; piece?: number; whole?: true } {
  if (reward === undefined) return {};
  return { reward, ...(piece !== undefined && { piece }), ...(whole && { whole }) };
}

function redemptionOf(id: string, state: FullState): { wallet: Wallet; redemption: Redemption } | undefined {
  for (const wallet of state.wallets.values()) {
    const redemption = wallet.redemptions.get(id);
    if (redemption) return { wallet, redemption };
  }
  return undefined;
}

function graceEnd(terms: ReturnType<typeof termsAt>, now: EpochMs): EpochMs | undefined {
  const period = terms?.undoExpired === undefined ? undefined : parsePeriod(terms.undoExpired);
  if (!terms || !period) return undefined;
  const end = addPeriod(timeZone(terms.timeZone), now, period);
  return end > now ? end : undefined;
}

function revival(
  { program, lots }: Wallet,
  id: string,
  n: number,
  { lot: of, points }: Allocation,
  now: EpochMs,
  end: EpochMs,
): PointsEvent {
  const at = formatInstant(now);
  const lot = lotOfUndo(id, n);
  const postings: Posting[] = [
    { lot, bucket: 'received', points: -points },
    { lot, bucket: 'held', points },
  ];
  const earned = lots.get(of)?.earned;
  const data = {
    program,
    at,
    postings,
    lot,
    points,
    activeFrom: at,
    expiresAt: formatInstant(end),
    transfer: id,
    from: { lot: of },
    ...(earned && { earned }),
  };
  return { type: 'points.received.v1', time: now, data };
}

function sum(allocations: readonly Allocation[]): number {
  return allocations.reduce((total, { points }) => total + points, 0);
}
