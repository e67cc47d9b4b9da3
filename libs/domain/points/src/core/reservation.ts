import type { EpochMs } from '@loyalty/kernel';
import type { Money } from './money-off.ts';

export interface Allocation {
  readonly lot: string;
  readonly points: number;
}

/** `ended`: by itself, and an entry says so. An open one may have ended too: its `until` tells. */
export type ReservationState = 'open' | 'captured' | 'voided' | 'ended';

/** Points set aside for a basket. Kept for ever: whoever comes too late is told why. */
export interface Reservation {
  readonly id: string;
  readonly points: number;
  /** In the order in which they burn. */
  readonly allocations: readonly Allocation[];
  /** From this instant on they are free again. */
  readonly until: EpochMs;
  /** What its points are worth off the purchase. */
  readonly money: Money | undefined;
  /** What they were set aside for, and the number of its piece where pieces are counted. */
  readonly reward: string | undefined;
  readonly piece: number | undefined;
  state: ReservationState;
}

/** Points spent, under the id of the redemption or of the reservation that was captured. */
export interface Redemption {
  readonly id: string;
  readonly points: number;
  /** In the order in which they burned. */
  readonly allocations: readonly Allocation[];
  readonly at: EpochMs;
  /** What was had for them, and the number of its piece where pieces are counted. */
  readonly reward: string | undefined;
  readonly piece: number | undefined;
  undone: number;
}

/** The first `points` of the allocations. */
export function firstOf(allocations: readonly Allocation[], points: number): Allocation[] {
  const taken: Allocation[] = [];
  let rest = points;
  for (const { lot, points: there } of allocations) {
    if (rest === 0) break;
    taken.push({ lot, points: Math.min(rest, there) });
    rest -= Math.min(rest, there);
  }
  return taken;
}

/** What follows the first `points` of the allocations. */
export function restOf(allocations: readonly Allocation[], points: number): Allocation[] {
  const left: Allocation[] = [];
  let before = points;
  for (const { lot, points: there } of allocations) {
    if (there > before) left.push({ lot, points: there - before });
    before = Math.max(0, before - there);
  }
  return left;
}
