import type { CodeAdded, RewardHeld, RewardReserved, RewardReturned, RewardTerms } from '@loyalty/contracts';
import type { EpochMs } from '@loyalty/kernel';
import type { RecordedEvent } from './event.ts';
import { instant } from './instant.ts';

/**
 * The pieces of one reward, whatever their number: which are out follows from a few counts. Codes are handed out in the order
 * of the pool, so no code's text need be known here.
 */
export interface RewardState {
  readonly depth: 'reward';
  /** Number of the first and the last code of the pool; 0 = no code. */
  firstCode: number;
  lastCode: number;
  /** Below it every piece was handed out at some time. */
  next: number;
  /** Pieces below `next` that are there again: their redemption was refused. Ascending. */
  readonly freed: number[];
  /** Pieces that came back into stock; their numbers do not. */
  restocked: number;
  /** Pieces held for redemptions that are not decided yet, and reserved ones that nobody told yet what became of, by redemption. */
  readonly open: Map<string, HeldPiece>;
  weight: number;
}

export interface HeldPiece {
  readonly piece: number;
  readonly member: string;
  /** Of a reserved one: from this instant on it is free again, unless it was taken before. */
  readonly until?: EpochMs;
}

export function rewardState(known: Partial<Omit<RewardState, 'depth' | 'weight'>> = {}): RewardState {
  const none = { firstCode: 0, lastCode: 0, next: 1, freed: [], restocked: 0, open: new Map<string, HeldPiece>() };
  return { depth: 'reward', ...none, ...known, weight: 400 };
}

/** Pieces that are out: held, taken, or returned and gone. */
export function issued({ next, freed, restocked }: RewardState): number {
  return next - 1 - freed.length - restocked;
}

/** Whether a reservation of it has ended, though nobody told: the member's own entries say what became of it. */
export const hasEnded = ({ until = Infinity }: HeldPiece, now: EpochMs): boolean => until <= now;

/** Pieces that can be had; Infinity where there is no end of them. */
export function piecesLeft(
  state: RewardState,
  { stock, codes }: Pick<RewardTerms, 'stock' | 'codes'>,
  now: EpochMs,
): number {
  const { firstCode, lastCode, next } = state;
  const ended = [...state.open.values()].filter((held) => hasEnded(held, now)).map(({ piece }) => piece);
  const freed = [...state.freed, ...ended];
  const inStock = stock === undefined ? Infinity : Math.max(0, stock - issued(state) + ended.length);
  if (!codes) return inStock;
  const again = firstCode === 0 ? 0 : freed.filter((piece) => piece >= firstCode).length;
  const fresh = Math.max(0, lastCode + 1 - Math.max(next, firstCode));
  return Math.min(inStock, again + fresh);
}

/** The state after the event; changes and returns the same object. */
export function evolveReward(state: RewardState, { type, data }: RecordedEvent): RewardState {
  switch (type) {
    case 'terms.learned.v1':
      break;
    case 'code.added.v1': {
      const { piece } = JSON.parse(data) as CodeAdded;
      if (state.firstCode === 0) state.firstCode = piece;
      state.lastCode = piece;
      break;
    }
    case 'reward.held.v1': {
      const { redemption, piece, member } = JSON.parse(data) as RewardHeld;
      const place = state.freed.indexOf(piece);
      if (place >= 0) state.freed.splice(place, 1);
      state.next = Math.max(state.next, piece + 1);
      state.open.set(redemption, { piece, member });
      break;
    }
    case 'reward.reserved.v1': {
      const { redemption, piece, member, until } = JSON.parse(data) as RewardReserved;
      state.open.set(redemption, { piece, member, until: instant(until) });
      break;
    }
    case 'reward.taken.v1':
      state.open.delete((JSON.parse(data) as RewardHeld).redemption);
      break;
    case 'reward.freed.v1': {
      const { redemption, piece } = JSON.parse(data) as RewardHeld;
      state.open.delete(redemption);
      state.freed.push(piece);
      state.freed.sort((a, b) => a - b);
      break;
    }
    case 'reward.returned.v1':
      if ((JSON.parse(data) as RewardReturned).restocked) state.restocked += 1;
      break;
    default:
      throw new Error(`not an event of a reward: ${type}`);
  }
  state.weight = 400 + 200 * state.open.size + 16 * state.freed.length;
  return state;
}
