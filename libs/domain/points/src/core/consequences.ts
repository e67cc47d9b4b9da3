import type { Posting } from '@loyalty/contracts';
import { type EpochMs, formatInstant } from '@loyalty/kernel';
import { assertBalanced, postingsBetween, type Sums } from './buckets.ts';
import type { PointsEvent } from './event.ts';
import { isOverdrawn, type Lot, sumsOf } from './lot.ts';
import { endings, type WrittenOf, writtenAfter } from './ending.ts';
import { type Activity, type Expectation, expectationOf } from './inactivity.ts';
import { type Debts, debtsOf, NO_DEBTS, staysTrue } from './repayment.ts';
import type { Wallet } from './wallet.ts';

/** What facts do to their own lots, and the entries that follow from it. */
export interface Consequences {
  /** To be recorded before: reservations that have ended. */
  readonly first: readonly PointsEvent[];
  /** Of each fact's own entry, in the order asked. Expiry is not among them: it has its own entry at its own moment. */
  readonly postings: readonly (readonly Posting[])[];
  /** Due at `now`: the lots' expiry, and what other lots repay (or no longer repay). */
  readonly then: readonly PointsEvent[];
}

type Shares = Debts['shares'];

/**
 * @param next lots as the facts leave them, their `written` as before
 * @param activities the member's, where the facts change them
 * @param moved other lots that expire at another time by them
 */
export function consequences(
  wallet: Wallet,
  next: readonly Lot[],
  now: EpochMs,
  activities?: Iterable<Activity>,
  moved: readonly Lot[] = [],
): Consequences {
  const { shares } = debtsAfter(wallet, [...next, ...moved], now, activities);
  const first = endings(wallet, now);
  const written = writtenAfter(first);
  const then: PointsEvent[] = [];
  const postings = next.map((lot) => {
    const own = difference(lot, shares, now, written(lot));
    assertBalanced(own.postings);
    if (own.expired > 0) then.push(expiry(wallet.program, lot, own.expired));
    return own.postings;
  });
  const others = touchedBy(wallet, shares, moved);
  for (const lot of next) others.delete(lot.id);
  for (const lot of others.values()) then.push(...movement(wallet, lot, shares, now, written));
  return { first, postings, then };
}

/**
 * The entries that are true at `now` but not written yet, in the order of their exact moments: ends of reservations, expiries
 * and repayments. Decides nothing: reads and checksums work out the same for themselves.
 */
export function settle(wallet: Wallet, now: EpochMs): PointsEvent[] {
  const { shares } = debtsNow(wallet, now);
  const ended = endings(wallet, now);
  const written = writtenAfter(ended);
  const events = [...ended];
  const touched = touchedBy(wallet, shares, []);
  for (const lot of touched.values()) events.push(...movement(wallet, lot, shares, now, written));
  for (const lot of wallet.open) {
    if (lot.expiresAt > now) break;
    const { held } = written(lot);
    if (held > 0 && !touched.has(lot.id)) events.push(expiry(wallet.program, lot, held));
  }
  return events.sort((a, b) => a.time - b.time);
}

/** Kept with the wallet while nothing is owed: later activations then change nothing. */
function debtsNow(wallet: Wallet, now: EpochMs): Debts {
  if (wallet.overdrawn.size === 0) return NO_DEBTS;
  if (wallet.debts !== null) return wallet.debts;
  const debts = debtsOf([...wallet.lots.values()], endsIn(wallet), Infinity, now);
  if (debts.clear !== Infinity) wallet.debts = debts;
  return debts;
}

function debtsAfter(
  wallet: Wallet,
  next: readonly Lot[],
  now: EpochMs,
  activities: Iterable<Activity> | undefined,
): Debts {
  const before = next.map((lot) => wallet.lots.get(lot.id));
  let overdrawn = wallet.overdrawn.size;
  for (const lot of before) if (lot && isOverdrawn(lot)) overdrawn -= 1;
  for (const lot of next) if (isOverdrawn(lot)) overdrawn += 1;
  if (overdrawn === 0) return NO_DEBTS;
  if (activities !== undefined) return debtsOf(withLots(wallet, next), expectationOf(activities), Infinity, now);
  const debts = debtsNow(wallet, now);
  if (wallet.overdrawn.size > 0 && next.every((lot, i) => staysTrue(debts, before[i], lot))) return debts;
  return debtsOf(withLots(wallet, next), endsIn(wallet), Infinity, now);
}

const endsIn = ({ activities }: Wallet): Expectation => expectationOf(activities.all.values());

function withLots(wallet: Wallet, next: readonly Lot[]): Lot[] {
  const lots = new Map(wallet.lots);
  for (const lot of next) lots.set(lot.id, lot);
  return [...lots.values()];
}

/** By id, the lots whose place in debts or whose expiry may have changed. */
function touchedBy(wallet: Wallet, shares: Shares, moved: readonly Lot[]): Map<string, Lot> {
  const touched = new Map<string, Lot>();
  for (const lot of wallet.owing) touched.set(lot.id, lot);
  // Nobody owes what was waived; what comes back to the lot before its return's own time is taken all the same.
  for (const lot of wallet.overdrawn) touched.set(lot.id, lot);
  // One that fell short too: it may have repaid that itself, so that by the log it owes nothing, and now another lot does.
  for (const id of shares.keys()) {
    const lot = wallet.lots.get(id);
    if (lot) touched.set(id, lot);
  }
  for (const lot of moved) touched.set(lot.id, lot);
  return touched;
}

/** What a lot repays, or no longer does, and what of it expires, or no longer does. */
function movement(wallet: Wallet, lot: Lot, shares: Shares, now: EpochMs, written: WrittenOf): PointsEvent[] {
  const events: PointsEvent[] = [];
  const { postings, expired } = difference(lot, shares, now, written(lot));
  if (postings.some(({ bucket }) => bucket === 'owed')) {
    events.push(repayment(wallet.program, lot, postings, shares.get(lot.id)?.at));
  } else if (postings.some(({ bucket }) => bucket === 'reversed' || bucket === 'issued')) {
    events.push(reclaim(wallet.program, lot, postings));
  } else if (postings.length > 0) {
    // It was gone at the time that it expired by then.
    const { expiresAt } = wallet.lots.get(lot.id) ?? lot;
    events.push(revival(wallet.program, lot, postings, expiresAt));
  }
  if (expired > 0) events.push(expiry(wallet.program, lot, expired));
  return events;
}

/** What is still to be written for the lot; points that go to `expired` apart. */
function difference(lot: Lot, shares: Shares, now: EpochMs, written: Sums): { postings: Posting[]; expired: number } {
  const target = sumsOf(lot, Infinity, shares.get(lot.id), now);
  const expired = Math.max(0, target.expired - written.expired);
  target.held += expired;
  target.expired -= expired;
  return { postings: postingsBetween(lot.id, written, target), expired };
}

function repayment(program: string, lot: Lot, postings: Posting[], at: EpochMs | null | undefined): PointsEvent {
  assertBalanced(postings);
  const time = at ?? lot.activeFrom;
  const points = postings.find(({ bucket }) => bucket === 'owed')?.points ?? 0;
  return { type: 'points.repaid.v1', time, data: { program, at: formatInstant(time), postings, lot: lot.id, points } };
}

/**
 * A return takes what it could not when it was booked ahead of the clock: a reservation or an undone redemption has given it back
 * before the return's own time. Of several returns it is the last, which found nothing left.
 */
function reclaim(program: string, lot: Lot, postings: Posting[]): PointsEvent {
  assertBalanced(postings);
  const claims = [...(lot.claims?.values() ?? [])];
  const [first, ...others] = claims;
  if (!first) throw new Error(`no return takes back ${JSON.stringify(postings)}`);
  const { at: time, by } = others.reduce((last, claim) => (claim.at > last.at ? claim : last), first);
  const taken = takenBy(postings);
  const data = {
    program,
    at: formatInstant(time),
    postings,
    lot: lot.id,
    points: 0,
    cause: by,
    shortfall: -taken || 0,
  };
  return { type: 'points.reversed.v1', time, data };
}

/** What postings of a return take out of its lot. */
export function takenBy(postings: readonly Posting[]): number {
  return postings.reduce(
    (taken, { bucket, points }) => (bucket === 'held' || bucket === 'expired' ? taken - points : taken),
    0,
  );
}

/** A late activity keeps points that had expired. */
function revival(program: string, lot: Lot, postings: Posting[], time: EpochMs): PointsEvent {
  assertBalanced(postings);
  const points = postings.find(({ bucket }) => bucket === 'expired')?.points;
  if (points === undefined) throw new Error(`nothing expires or is repaid by ${JSON.stringify(postings)}`);
  return { type: 'points.expired.v1', time, data: { program, at: formatInstant(time), postings, lot: lot.id, points } };
}

/** Points of a lot are gone from `time` on: of its expiry, as a rule. */
export function expiry(program: string, { id: lot, expiresAt }: Lot, points: number, time = expiresAt): PointsEvent {
  const postings: Posting[] = [
    { lot, bucket: 'held', points: -points },
    { lot, bucket: 'expired', points },
  ];
  return { type: 'points.expired.v1', time, data: { program, at: formatInstant(time), postings, lot, points } };
}
