import type { PointsEvent } from './event.ts';
import type { MemberState, Wallet } from './wallet.ts';

/** What may ever come into one wallet, issued or received. Every sum of one wallet is a number, and a number is exact up to here. */
export const WALLET_CAPACITY = Number.MAX_SAFE_INTEGER;

/** From here on a wallet's room is looked at before a lot is opened; and a larger lot always has it looked at. */
export const CROWDED = 2 ** 52;
/** Of a wallet: follows its name. */
export const FULL = `cannot take in more than ${WALLET_CAPACITY} points in all`;

const LARGE_LOT = 2 ** 32;
/** So many lots that are not large cannot fill what is left of a wallet that is not crowded. */
const MANY_LOTS = (WALLET_CAPACITY - CROWDED) / LARGE_LOT - 1;

/** Points that may still come in. */
export function roomOf({ written }: Wallet): number {
  return WALLET_CAPACITY + written.issued + written.received;
}

/** Whether a lot fits for certain, as far as a shallow state can tell. */
export function fitsUnseen(state: Extract<MemberState, { depth: 'shallow' }>, points: number): boolean {
  return points <= LARGE_LOT && state.recorded < MANY_LOTS;
}

/**
 * Facts are never refused, so one that no wallet can hold is thrown back at whoever fed it: a reaction is parked with this reason.
 * @throws {RangeError} `too_many_points: …`
 */
export function assertCapacity(events: readonly PointsEvent[], state: Extract<MemberState, { depth: 'full' }>): void {
  const rooms = new Map<string, number>();
  for (const { data } of events) {
    for (const { bucket, points } of data.postings) {
      if (bucket !== 'issued' && bucket !== 'received') continue;
      const wallet = state.wallets.get(data.program);
      const room = rooms.get(data.program) ?? (wallet ? roomOf(wallet) : WALLET_CAPACITY);
      rooms.set(data.program, room + points);
    }
  }
  for (const [program, room] of rooms) {
    if (room < 0) throw new RangeError(`too_many_points: the wallet in ${program} ${FULL}`);
  }
}
