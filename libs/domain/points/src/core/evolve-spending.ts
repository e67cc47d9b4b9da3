import type { EpochMs } from '@loyalty/kernel';
import type { PointsEvent } from './event.ts';
import { ofRedemption } from './inactivity.ts';
import { instant } from './instant.ts';
import type { Money } from './money-off.ts';
import type { Allocation, Reservation, ReservationState } from './reservation.ts';
import { SIZE } from './size.ts';
import { addEnding, dropEnding, type UseBucket } from './use.ts';
import { type FullState, lotOf, use, type Wallet } from './wallet.ts';

type Spending = Extract<
  PointsEvent,
  {
    type:
      | 'points.adjusted.v1'
      | 'points.redeemed.v1'
      | 'points.reserved.v1'
      | 'points.captured.v1'
      | 'points.voided.v1'
      | 'points.released.v1'
      | 'points.undone.v1'
      | 'points.sent.v1';
  }
>;

/** What a decision made of the member's lots, and what is remembered of it under its name. */
export function recordSpending(state: FullState, wallet: Wallet, event: Spending): void {
  const { time } = event;
  const move = (allocations: readonly Allocation[], from: UseBucket | null, to: UseBucket | null): void => {
    moveAll(state, wallet, allocations, time, { from, to });
  };
  switch (event.type) {
    case 'points.adjusted.v1':
      return move(event.data.allocations ?? [], null, 'reversed');
    case 'points.redeemed.v1':
      move(event.data.allocations, null, 'spent');
      return keepRedemption(state, wallet, event.data.redemption, { ...event.data, time });
    case 'points.reserved.v1':
      move(event.data.allocations, null, 'reserved');
      return keepReservation(state, wallet, event.data);
    case 'points.captured.v1':
      closeReservation(wallet, event.data.reservation, 'captured');
      move(event.data.allocations, 'reserved', 'spent');
      move(event.data.released, 'reserved', null);
      return keepRedemption(state, wallet, event.data.reservation, { ...event.data, time });
    case 'points.voided.v1':
      closeReservation(wallet, event.data.reservation, 'voided');
      return move(event.data.released, 'reserved', null);
    case 'points.released.v1':
      closeReservation(wallet, event.data.reservation, 'ended');
      return move(event.data.released, 'reserved', null);
    case 'points.undone.v1': {
      const redemption = wallet.redemptions.get(event.data.redemption);
      if (!redemption) throw new Error(`no redemption ${event.data.redemption} to undo`);
      redemption.undone += event.data.points;
      if (redemption.undone === redemption.points) countUntil(wallet, redemption.id, time);
      const revived = event.data.revived ?? [];
      move(event.data.allocations, 'spent', null);
      return move(revived, null, 'sent');
    }
    case 'points.sent.v1':
      return move(event.data.lots, null, 'sent');
    default:
      throw new Error(`not a decision: ${(event satisfies never as PointsEvent).type}`);
  }
}

function moveAll(
  state: FullState,
  wallet: Wallet,
  allocations: readonly Allocation[],
  at: EpochMs,
  { from, to }: { readonly from: UseBucket | null; readonly to: UseBucket | null },
): void {
  for (const { lot, points } of allocations) {
    use(wallet, lotOf(wallet, lot), at, { ...(from && { [from]: -points }), ...(to && { [to]: points }) });
    state.weight += SIZE.use;
  }
}

type Named = { readonly points: number; readonly allocations: readonly Allocation[] };

function keepRedemption(
  state: FullState,
  wallet: Wallet,
  id: string,
  named: Named & { readonly time: EpochMs; readonly reward?: string | undefined; readonly piece?: number | undefined },
): void {
  const { points, allocations, time: at, reward, piece } = named;
  wallet.redemptions.set(id, { id, points, allocations, at, reward, piece, undone: 0 });
  wallet.activities.all.set(ofRedemption(id), { at, until: Infinity });
  wallet.activities.stale = wallet.activities.lots.size > 0;
  state.weight += SIZE.named;
}

/** A redemption that is undone whole keeps nothing alive any more. */
function countUntil({ activities }: Wallet, redemption: string, until: EpochMs): void {
  const name = ofRedemption(redemption);
  const activity = activities.all.get(name);
  if (activity) activities.all.set(name, { ...activity, until });
  activities.stale = activities.lots.size > 0;
}

function keepReservation(
  state: FullState,
  wallet: Wallet,
  {
    reservation: id,
    points,
    allocations,
    until: end,
    money,
    reward,
    piece,
  }: Named & {
    readonly reservation: string;
    readonly until: string;
    readonly money?: Money | undefined;
    readonly reward?: string | undefined;
    readonly piece?: number | undefined;
  },
): void {
  const until = instant(end);
  const reservation: Reservation = { id, points, allocations, until, money, reward, piece, state: 'open' };
  wallet.reservations.set(id, reservation);
  let index = wallet.reserved.length;
  while (index > 0 && (wallet.reserved[index - 1] as Reservation).until > until) index -= 1;
  wallet.reserved.splice(index, 0, reservation);
  for (const { lot, points: taken } of allocations) {
    const { uses } = lotOf(wallet, lot);
    if (uses) addEnding(uses, { at: until, points: taken });
  }
  state.weight += SIZE.named;
}

/** It ends no more by itself. */
function closeReservation(wallet: Wallet, id: string, how: Exclude<ReservationState, 'open'>): void {
  const reservation = wallet.reservations.get(id);
  if (reservation?.state !== 'open') throw new Error(`no open reservation ${id}`);
  reservation.state = how;
  wallet.reserved.splice(wallet.reserved.indexOf(reservation), 1);
  for (const { lot, points } of reservation.allocations) {
    const { uses } = lotOf(wallet, lot);
    if (uses) dropEnding(uses, { at: reservation.until, points });
  }
}
