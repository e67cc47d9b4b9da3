import type { EpochMs } from '@loyalty/kernel';
import { fitsUnseen } from './capacity.ts';
import { consequences } from './consequences.ts';
import type { PointsEvent } from './event.ts';
import { instant } from './instant.ts';
import type { Rate } from './input.ts';
import { type Lot, lotOfPurchase, newLot } from './lot.ts';
import { type FullState, type MemberState, newWallet, type Wallet } from './wallet.ts';

/**
 * The lot of a purchase never rated before, in a wallet that never owed anything and has room for certain: no other lot needs to be
 * known, because none can change. Gives null where that is not so. A purchase worth nothing gets no lot; if it ever becomes worth something,
 * its correction opens one, so the order makes no difference.
 */
export function rateFirst(
  { rating }: Rate,
  state: Extract<MemberState, { depth: 'shallow' }>,
  now: EpochMs,
): PointsEvent[] | null {
  if (state.delicate.has(rating.program)) return null;
  if (rating.points === 0) return [];
  if (!fitsUnseen(state, rating.points)) return null;
  const lot = lotOfPurchase(rating.purchase);
  const { points } = rating;
  const earned = earnedEvent(rating, lot, [
    { lot, bucket: 'issued', points: -points },
    { lot, bucket: 'held', points },
  ]);
  const expiresAt = rating.expiresAt === null ? Infinity : instant(rating.expiresAt);
  if (now < expiresAt) return [earned];
  const postings = [
    { lot, bucket: 'held' as const, points: -points },
    { lot, bucket: 'expired' as const, points },
  ];
  const data = { program: rating.program, at: rating.expiresAt as string, postings, lot, points };
  return [earned, { type: 'points.expired.v1', time: expiresAt, data }];
}

/** Moves the lot of a purchase to what it is worth now. Opens it, where it is worth something for the first time. */
export function rate(input: Rate, state: FullState, now: EpochMs): PointsEvent[] {
  const { rating } = input;
  const id = lotOfPurchase(rating.purchase);
  const events: PointsEvent[] = [];
  for (const wallet of state.wallets.values()) {
    const lot = wallet.lots.get(id);
    // The purchase now counts in another program.
    if (wallet.program !== rating.program && lot && lot.issued !== 0) {
      events.push(...correct(input, wallet, lot, { ...lot, issued: 0 }, now));
    }
  }
  const wallet = state.wallets.get(rating.program) ?? newWallet(rating.program);
  const lot = wallet.lots.get(id);
  const next: Lot = { ...(lot ?? newLot(id)), ...terms(rating), origin: 'purchase' };
  if (lot === undefined || lot.origin === 'unknown') {
    return rating.points === 0 ? events : [...events, ...earn(input, wallet, next, now)];
  }
  return isSame(lot, next) ? events : [...events, ...correct(input, wallet, lot, next, now)];
}

function earn({ rating }: Rate, wallet: Wallet, next: Lot, now: EpochMs): PointsEvent[] {
  const { first, postings, then } = consequences(wallet, [next], now);
  return [...first, earnedEvent(rating, next.id, [...(postings[0] ?? [])]), ...then];
}

function correct({ rating, reason }: Rate, wallet: Wallet, lot: Lot, next: Lot, now: EpochMs): PointsEvent[] {
  const { first, postings, then } = consequences(wallet, [next], now);
  const own = [...(postings[0] ?? [])];
  const {
    program: _program,
    postings: _postings,
    cells: _cells,
    points: _points,
    ...rest
  } = earnedData(rating, lot.id, []);
  const points = next.issued - lot.issued;
  const withdrawn = own.find((posting) => posting.bucket === 'issued')?.points ?? 0;
  const waived = -points - withdrawn;
  const data = { program: wallet.program, ...rest, points, reason, postings: own };
  const event: PointsEvent = {
    type: 'points.corrected.v1',
    time: next.at,
    data: waived === 0 ? data : { ...data, waived },
  };
  return [...first, event, ...then];
}

function terms(rating: Rate['rating']): Pick<Lot, 'at' | 'activeFrom' | 'expiresAt' | 'policy' | 'version' | 'issued'> {
  if (!Number.isSafeInteger(rating.points) || rating.points < 0) {
    throw new RangeError(`a purchase cannot be worth ${rating.points} points`);
  }
  return {
    at: instant(rating.at),
    activeFrom: instant(rating.activeFrom),
    expiresAt: rating.expiresAt === null ? Infinity : instant(rating.expiresAt),
    policy: rating.shortfall,
    version: rating.version,
    issued: rating.points,
  };
}

function isSame(a: Lot, b: Lot): boolean {
  const keys = ['issued', 'at', 'activeFrom', 'expiresAt', 'policy', 'version'] as const;
  return keys.every((key) => a[key] === b[key]);
}

type Earned = Extract<PointsEvent, { type: 'points.earned.v1' }>;

function earnedEvent(rating: Rate['rating'], lot: string, postings: Earned['data']['postings']): Earned {
  return { type: 'points.earned.v1', time: instant(rating.at), data: earnedData(rating, lot, postings) };
}

function earnedData(rating: Rate['rating'], lot: string, postings: Earned['data']['postings']): Earned['data'] {
  const { program, at, activeFrom, expiresAt, points, version, tier, shortfall, cells } = rating;
  const cause = { source: rating.purchase.source, id: rating.purchase.id };
  return { program, at, postings, activeFrom, expiresAt, lot, points, cause, version, tier, shortfall, cells };
}
