import { compareCodePoints, type EpochMs } from '@loyalty/kernel';
import { consequences, takenBy } from './consequences.ts';
import type { PointsEvent } from './event.ts';
import { claimKey } from './evolve.ts';
import { instant } from './instant.ts';
import type { Reverse } from './input.ts';
import { type Lot, lotOfPurchase, newLot } from './lot.ts';
import { type FullState, newWallet, type Wallet } from './wallet.ts';

/** Moves what a return takes back to what its latest rating says, also from lots it no longer touches. */
export function reverse({ rating }: Reverse, state: FullState, now: EpochMs): PointsEvent[] {
  const wanted = wantedClaims(rating.reversals);
  const events: PointsEvent[] = [];
  for (const wallet of state.wallets.values()) {
    if (wallet.program !== rating.program) events.push(...claim(wallet, rating, new Map(), now));
  }
  const wallet = state.wallets.get(rating.program) ?? newWallet(rating.program);
  return [...events, ...claim(wallet, rating, wanted, now)];
}

function wantedClaims(reversals: Reverse['rating']['reversals']): Map<string, number> {
  const wanted = new Map<string, number>();
  for (const { purchase, points } of reversals) {
    if (!Number.isSafeInteger(points) || points < 0) throw new RangeError(`a return cannot take back ${points} points`);
    const lot = lotOfPurchase(purchase);
    wanted.set(lot, (wanted.get(lot) ?? 0) + points);
  }
  return wanted;
}

/** Every lot whose claim by this return differs from the wanted one is moved; all at once, for debts touch other lots. */
function claim(
  wallet: Wallet,
  rating: Reverse['rating'],
  wanted: ReadonlyMap<string, number>,
  now: EpochMs,
): PointsEvent[] {
  const key = claimKey(rating.return);
  const at = instant(rating.at);
  const ids = new Set([...wanted.keys(), ...(wallet.returned.get(key) ?? [])]);
  const next: Lot[] = [];
  const differences: number[] = [];
  for (const id of [...ids].sort(compareCodePoints)) {
    const lot = wallet.lots.get(id) ?? newLot(id);
    const points = wanted.get(id) ?? 0;
    const difference = points - (lot.claims?.get(key)?.points ?? 0);
    if (difference === 0) continue;
    differences.push(difference);
    next.push({
      ...lot,
      claims: new Map(lot.claims).set(key, { at, points, by: rating.return }),
      claimed: lot.claimed + difference,
    });
  }
  if (next.length === 0) return [];
  const { first, postings, then } = consequences(wallet, next, now);
  const events = next.map((lot, i): PointsEvent => {
    const points = differences[i] as number;
    const own = [...(postings[i] ?? [])];
    const { program } = wallet;
    const cause = { source: rating.return.source, id: rating.return.id };
    const data = {
      program,
      at: rating.at,
      postings: own,
      lot: lot.id,
      points,
      cause,
      shortfall: points - takenBy(own),
    };
    return { type: 'points.reversed.v1', time: at, data };
  });
  return [...first, ...events, ...then];
}
