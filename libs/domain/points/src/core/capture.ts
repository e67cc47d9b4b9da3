import { type EpochMs, formatInstant } from '@loyalty/kernel';
import { accepted, type PointsContext, type PointsDecision, refused } from './decision.ts';
import { releasing } from './ending.ts';
import type { PointsEvent } from './event.ts';
import { keptSince } from './inactivity.ts';
import type { Capture, VoidReservation } from './input.ts';
import type { Lot } from './lot.ts';
import { worthOf } from './money-off.ts';
import { type Allocation, firstOf, type Reservation, restOf } from './reservation.ts';
import { purseOf } from './spending.ts';
import { invalidPoints } from './taking.ts';
import { type FullState, isActive, type Wallet } from './wallet.ts';

/**
 * Spends a reservation, all or part, those points first that burn first; the rest goes back to its lots. Once only.
 * Refused: `invalid_points`, `unknown_reservation`, `reservation_captured`, `reservation_voided`, `reservation_expired`,
 * `more_than_reserved`, `reward_is_whole`.
 */
export function capture(input: Capture, state: FullState, { now }: PointsContext): PointsDecision {
  const found = openReservation(input.reservation, state, now);
  if ('kind' in found) return found;
  const { wallet, reservation } = found;
  const { points = reservation.points, reference, code } = input;
  const invalid = invalidPoints(points);
  if (invalid) return invalid;
  if (points > reservation.points) {
    const details = { points, reserved: reservation.points };
    const message = `${points} points asked, ${reservation.points} are reserved.`;
    return refused('more_than_reserved', message, { pointer: '/points', details });
  }
  const { reward, piece } = reservation;
  if (reward !== undefined && points < reservation.points) {
    const message = `${reward} costs ${reservation.points} points: capture them all, or void the reservation.`;
    return refused('reward_is_whole', message, { pointer: '/points' });
  }
  const what = {
    ...(reward !== undefined && { reward }),
    ...(piece !== undefined && { piece }),
    ...(piece !== undefined && code !== undefined && { code }),
  };
  const purse = purseOf(wallet, now);
  const allocations = firstOf(reservation.allocations, points);
  const released = restOf(reservation.allocations, points);
  const spent = allocations.flatMap(({ lot, points: taken }) => [
    { lot, bucket: 'reserved' as const, points: -taken },
    { lot, bucket: 'spent' as const, points: taken },
  ]);
  const { program } = wallet;
  const { id } = reservation;
  const reserved = reservation.money;
  const money = reserved && worthOf(points, reserved.pointValue, reserved.currency);
  const data = {
    program,
    at: formatInstant(now),
    postings: [...spent, ...releasing(wallet, released, now)],
    reservation: id,
    points,
    allocations,
    ...keptSince(wallet.activities.lots, now),
    released,
    ...(reference !== undefined && { reference }),
    ...what,
    ...(money && { money }),
  };
  const event: PointsEvent = { type: 'points.captured.v1', time: now, data };
  const spendable = spendableWith(wallet, purse, released, now);
  const released_points = reservation.points - points;
  const answer = {
    program,
    id,
    points,
    lots: allocations,
    spendable,
    released: released_points,
    ...what,
    ...(money && { money }),
  };
  return accepted([...purse.due, event], answer);
}

/**
 * Gives a reservation up. Refused: `unknown_reservation`, `reservation_captured`, `reservation_voided`, `reservation_expired`.
 */
export function voidReservation(input: VoidReservation, state: FullState, { now }: PointsContext): PointsDecision {
  const found = openReservation(input.reservation, state, now);
  if ('kind' in found) return found;
  const { wallet, reservation } = found;
  const { id, points, reward, piece } = reservation;
  const purse = purseOf(wallet, now);
  const released = [...reservation.allocations];
  const { program } = wallet;
  const postings = releasing(wallet, released, now);
  const data = { program, at: formatInstant(now), postings, reservation: id, points, released };
  const event: PointsEvent = { type: 'points.voided.v1', time: now, data };
  const spendable = spendableWith(wallet, purse, released, now);
  return accepted([...purse.due, event], {
    program,
    id,
    points,
    lots: released,
    spendable,
    released: points,
    ...(reward !== undefined && { reward }),
    ...(piece !== undefined && { piece }),
  });
}

interface Found {
  readonly wallet: Wallet;
  readonly reservation: Reservation;
}

function openReservation(id: string, state: FullState, now: EpochMs): Found | PointsDecision {
  for (const wallet of state.wallets.values()) {
    const reservation = wallet.reservations.get(id);
    if (reservation) return closedBecause(reservation, now) ?? { wallet, reservation };
  }
  return refused('unknown_reservation', `The member has no reservation ${id}.`, { pointer: '/reservation' });
}

function closedBecause({ id, state, until }: Reservation, now: EpochMs): PointsDecision | undefined {
  const about = { pointer: '/reservation' };
  if (state === 'captured') {
    return refused('reservation_captured', `Reservation ${id} was captured: undo the redemption instead.`, about);
  }
  if (state === 'voided') return refused('reservation_voided', `Reservation ${id} was voided.`, about);
  if (now < until) return undefined;
  const details = { until: formatInstant(until) };
  return refused('reservation_expired', `Reservation ${id} ended at ${details.until}: reserve again.`, {
    ...about,
    details,
  });
}

/** What can be spent once these points are back in their lots. */
export function spendableWith(
  wallet: Wallet,
  { active, owed }: { readonly active: number; readonly owed: number },
  back: readonly Allocation[],
  now: EpochMs,
): number {
  let more = 0;
  for (const { lot, points } of back) if (isActive(wallet.lots.get(lot) as Lot, now)) more += points;
  return Math.max(0, active + more - owed);
}
