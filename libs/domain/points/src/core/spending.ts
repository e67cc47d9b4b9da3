import type { Posting } from '@loyalty/contracts';
import type { EpochMs } from '@loyalty/kernel';
import { settle } from './consequences.ts';
import type { PointsEvent } from './event.ts';
import type { FullState, Wallet } from './wallet.ts';
import { isActive } from './wallet.ts';

/** A wallet as a decision finds it: what is due has been settled. */
export interface Purse {
  /** The entries that settle it; a decision that is taken records them first. */
  readonly due: readonly PointsEvent[];
  /** Points by lot that may be taken, in the order they burn. */
  readonly active: readonly { readonly lot: string; readonly points: number }[];
  readonly owed: number;
  /** Active less owed, never below 0. */
  readonly spendable: number;
}

export function purseOf(wallet: Wallet, now: EpochMs): Purse {
  const due = settle(wallet, now);
  const moved = new Map<string, number>();
  let owed = -wallet.written.owed;
  for (const { data } of due) {
    for (const { lot, bucket, points } of data.postings) {
      if (bucket === 'held') moved.set(lot, (moved.get(lot) ?? 0) + points);
      if (bucket === 'owed') owed -= points;
    }
  }
  const active: { lot: string; points: number }[] = [];
  let sum = 0;
  for (const lot of wallet.open) {
    if (!isActive(lot, now)) continue;
    const points = lot.written.held + (moved.get(lot.id) ?? 0);
    if (points === 0) continue;
    active.push({ lot: lot.id, points });
    sum += points;
  }
  return { due, active, owed, spendable: Math.max(0, sum - owed) };
}

/** Which lots give `points`, earliest expiry first. The caller has checked that they are there. */
export function allocate(purse: Purse, points: number): { lot: string; points: number }[] {
  const allocations: { lot: string; points: number }[] = [];
  let rest = points;
  for (const lot of purse.active) {
    if (rest === 0) break;
    const taken = Math.min(rest, lot.points);
    allocations.push({ lot: lot.lot, points: taken });
    rest -= taken;
  }
  if (rest !== 0) throw new Error(`${points} points allocated, ${rest} of them to nothing`);
  return allocations;
}

export function takingPostings(
  allocations: readonly { lot: string; points: number }[],
  bucket: 'spent' | 'reversed',
): Posting[] {
  return allocations.flatMap(({ lot, points }): Posting[] => [
    { lot, bucket: 'held', points: -points },
    { lot, bucket, points },
  ]);
}

/** The program of a decision that names none: the member's only one, else the only one there is. */
export function programOf(named: string | undefined, state: FullState, known: Iterable<string>): string | undefined {
  if (named !== undefined) return named;
  const held = [...state.wallets.keys()];
  if (held.length === 1) return held[0];
  if (held.length > 1) return undefined;
  const all = [...new Set(known)];
  return all.length === 1 ? all[0] : undefined;
}
