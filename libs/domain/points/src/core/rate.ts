import type { EpochMs } from '@loyalty/kernel';
import { fitsUnseen } from './capacity.ts';
import { consequences, type Consequences } from './consequences.ts';
import type { PointsContext } from './decision.ts';
import type { PointsEvent } from './event.ts';
import { endsOf, keptSince, ofPurchase } from './inactivity.ts';
import { instant } from './instant.ts';
import type { Rate } from './input.ts';
import { type Lot, lotOfPurchase, newLot } from './lot.ts';
import { knowsInactivity } from './terms.ts';
import { type FullState, type MemberState, newWallet, type Wallet } from './wallet.ts';

/**
 * The lot of a purchase never rated before, in a wallet that never owed anything and has room for certain: no other lot needs to be
 * known, because none can change. Gives null where that is not so. A purchase worth nothing gets no lot; if it ever becomes worth something,
 * its correction opens one, so the order makes no difference.
 */
export function rateFirst(
  { rating }: Rate,
  state: Extract<MemberState, { depth: 'shallow' }>,
  { now, global }: PointsContext,
): PointsEvent[] | null {
  if (state.delicate.has(rating.program)) return null;
  // Every purchase counts as activity, whatever it is worth, and moves when other lots expire.
  if (rating.inactivity || knowsInactivity(global.terms, rating.program)) return null;
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
export function rate(input: Rate, state: FullState, { now, global }: PointsContext): PointsEvent[] {
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
    const counts = rating.points > 0 || (rating.version !== null && knowsInactivity(global.terms, rating.program));
    return counts ? [...events, ...earn(input, wallet, next, now)] : events;
  }
  return isSame(lot, next) ? events : [...events, ...correct(input, wallet, lot, next, now)];
}

function earn({ rating }: Rate, wallet: Wallet, next: Lot, now: EpochMs): PointsEvent[] {
  const { first, postings, then } = withActivity(wallet, next, now);
  const earned = earnedEvent(rating, next.id, [...(postings[0] ?? [])], keptBy(wallet, next));
  return [...first, earned, ...then];
}

function correct({ rating, reason }: Rate, wallet: Wallet, lot: Lot, next: Lot, now: EpochMs): PointsEvent[] {
  const { first, postings, then } = withActivity(wallet, next, now);
  const own = [...(postings[0] ?? [])];
  const {
    program: _program,
    postings: _postings,
    cells: _cells,
    points: _points,
    ...rest
  } = earnedData(rating, lot.id, [], keptBy(wallet, next));
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

/** What follows once the purchase counts as the member's activity (or no longer does): other lots may live longer, or less long. */
function withActivity(wallet: Wallet, next: Lot, now: EpochMs): Consequences {
  const { activities, lots } = wallet;
  const before = lots.get(next.id);
  if (next.inactivity === null && activities.lots.size === 0) return consequences(wallet, [next], now);
  const all = new Map(activities.all);
  if (next.version === null) all.delete(ofPurchase(next.id));
  else all.set(ofPurchase(next.id), { at: next.at, until: Infinity });
  const idling = [...activities.lots].filter((lot) => lot !== before);
  const ends = endsOf(next.inactivity === null ? idling : [...idling, next], all.values());
  const moved: Lot[] = [];
  for (const [lot, expiresAt] of ends) {
    if (lot === next) next.expiresAt = expiresAt;
    else if (lot.expiresAt !== expiresAt) moved.push({ ...lot, expiresAt });
  }
  return consequences(wallet, [next], now, [...all.values()], moved);
}

function keptBy({ activities }: Wallet, next: Lot): { keptUntil?: string } {
  return next.version === null ? {} : keptSince([...activities.lots, next], next.at);
}

function terms(
  rating: Rate['rating'],
): Pick<Lot, 'at' | 'activeFrom' | 'expiresAt' | 'inactivity' | 'policy' | 'version' | 'issued'> {
  if (!Number.isSafeInteger(rating.points) || rating.points < 0) {
    throw new RangeError(`a purchase cannot be worth ${rating.points} points`);
  }
  return {
    at: instant(rating.at),
    activeFrom: instant(rating.activeFrom),
    expiresAt: rating.expiresAt === null ? Infinity : instant(rating.expiresAt),
    inactivity: rating.inactivity ?? null,
    policy: rating.shortfall,
    version: rating.version,
    issued: rating.points,
  };
}

function isSame(a: Lot, b: Lot): boolean {
  const keys = ['issued', 'at', 'activeFrom', 'policy', 'version'] as const;
  if (!keys.every((key) => a[key] === b[key])) return false;
  if (a.inactivity === null || b.inactivity === null) {
    return a.inactivity === b.inactivity && a.expiresAt === b.expiresAt;
  }
  return a.inactivity.after === b.inactivity.after && a.inactivity.timeZone === b.inactivity.timeZone;
}

type Earned = Extract<PointsEvent, { type: 'points.earned.v1' }>;

function earnedEvent(
  rating: Rate['rating'],
  lot: string,
  postings: Earned['data']['postings'],
  kept?: { keptUntil?: string },
): Earned {
  return { type: 'points.earned.v1', time: instant(rating.at), data: earnedData(rating, lot, postings, kept) };
}

function earnedData(
  rating: Rate['rating'],
  lot: string,
  postings: Earned['data']['postings'],
  kept?: { keptUntil?: string },
): Earned['data'] {
  const { program, at, activeFrom, expiresAt, points, version, tier, shortfall, cells } = rating;
  const cause = { source: rating.purchase.source, id: rating.purchase.id };
  const data = { program, at, postings, activeFrom, expiresAt, lot, points, cause, version, tier, shortfall, cells };
  if (!rating.inactivity && !kept) return data;
  const { inactivity } = rating;
  return { ...data, ...(inactivity && { inactivity }), ...kept };
}
