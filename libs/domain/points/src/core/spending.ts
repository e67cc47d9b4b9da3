import type { Posting } from '@loyalty/contracts';
import type { EpochMs } from '@loyalty/kernel';
import { settle } from './consequences.ts';
import { type PointsDecision, refused } from './decision.ts';
import type { PointsEvent } from './event.ts';
import type { PointsGlobal } from './input.ts';
import type { Lot } from './lot.ts';
import type { UseBucket } from './use.ts';
import { advance, type FullState, isActive, type Wallet } from './wallet.ts';

/** A wallet as a decision finds it: what is due has been settled. */
export interface Purse {
  /** The entries that settle it; a decision that is taken records them first. */
  readonly due: readonly PointsEvent[];
  /** Points that are active. */
  readonly active: number;
  readonly owed: number;
  /** Active less owed, never below 0. */
  readonly spendable: number;
  /** What a lot holds once they are recorded. */
  held(lot: Lot): number;
  /** Which lots give `points`, earliest expiry first. The caller has checked that they are there. */
  allocate(points: number): { lot: string; points: number }[];
}

export function purseOf(wallet: Wallet, now: EpochMs): Purse {
  const due = settle(wallet, now);
  advance(wallet, now);
  const moved = new Map<string, number>();
  let owed = -wallet.written.owed;
  for (const { data } of due) {
    for (const { lot, bucket, points } of data.postings) {
      if (bucket === 'held') moved.set(lot, (moved.get(lot) ?? 0) + points);
      if (bucket === 'owed') owed -= points;
    }
  }
  const held =
    moved.size === 0 ? (lot: Lot) => lot.written.held : (lot: Lot) => lot.written.held + (moved.get(lot.id) ?? 0);
  let active = wallet.activeHeld;
  for (const [lot, points] of moved) if (wallet.lots.get(lot)?.counted) active += points;
  const allocate = (points: number): { lot: string; points: number }[] => {
    const allocations: { lot: string; points: number }[] = [];
    let rest = points;
    for (const lot of wallet.open) {
      if (rest === 0) return allocations;
      const taken = isActive(lot, now) ? Math.min(rest, held(lot)) : 0;
      if (taken > 0) allocations.push({ lot: lot.id, points: taken });
      rest -= taken;
    }
    if (rest !== 0) throw new Error(`${points} points allocated, ${rest} of them to nothing`);
    return allocations;
  };
  return { due, active, owed, spendable: Math.max(0, active - owed), held, allocate };
}

export function takingPostings(allocations: readonly { lot: string; points: number }[], bucket: UseBucket): Posting[] {
  return allocations.flatMap(({ lot, points }): Posting[] => [
    { lot, bucket: 'held', points: -points },
    { lot, bucket, points },
  ]);
}

/** Which program a decision is about. */
export interface ProgramChoice {
  /** Undefined where one must be named. */
  readonly program: string | undefined;
  /** Programs in which the member has a wallet. */
  readonly held: readonly string[];
  readonly published: readonly string[];
}

/** The program named; of a decision that names none the member's only one, else, without any wallet, the only one there is. */
export function programOf(named: string | undefined, state: FullState, { terms }: PointsGlobal): ProgramChoice {
  const held = [...state.wallets.keys()];
  const published = [...new Set(terms.map(({ program }) => program))];
  const [only, ...others] = held.length > 0 ? held : published;
  return { program: named ?? (others.length > 0 ? undefined : only), held, published };
}

export function severalWallets(held: readonly string[]): PointsDecision {
  const message = `The member has wallets in several programs: name one of ${held.join(', ')}.`;
  return refused('program_required', message, { pointer: '/program' });
}

/** @param points as asked, below 0 where they are withdrawn */
export function nothingToTake(points: number): PointsDecision {
  const message = `${Math.abs(points)} points asked, but the member has no wallet in any program yet.`;
  return refused('insufficient_points', message, { details: { points, spendable: 0 } });
}
