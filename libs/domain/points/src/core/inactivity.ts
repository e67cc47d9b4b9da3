import { addPeriod, type EpochMs, formatInstant, parsePeriod, timeZone } from '@loyalty/kernel';
import type { Lot } from './lot.ts';

/** The points of a lot are gone so long (an ISO 8601 period) after the member's last activity, on the calendar of a time zone. */
export interface Inactivity {
  readonly after: string;
  readonly timeZone: string;
}

/** A purchase or a redemption, at its own time. */
export interface Activity {
  readonly at: EpochMs;
  /** From this instant on it counts no more: the redemption was undone. Infinity = it stands. */
  readonly until: EpochMs;
}

/** What keeps the points of a wallet alive. */
export interface Activities {
  /** By name: `purchase <lot>` and `redemption <id>`. */
  readonly all: Map<string, Activity>;
  /** The lots whose points expire by inactivity. */
  readonly lots: Set<Lot>;
  /** Their `expiresAt` is to be worked out again. */
  stale: boolean;
}

export const ofPurchase = (lot: string): string => `purchase ${lot}`;
export const ofRedemption = (id: string): string => `redemption ${id}`;

export function noActivities(): Activities {
  return { all: new Map(), lots: new Set(), stale: false };
}

/** When points are gone if nothing happens after `at`. */
export function idleAfter({ after, timeZone: id }: Inactivity, at: EpochMs): EpochMs {
  const period = parsePeriod(after);
  if (!period) throw new Error(`not a period: ${after}`);
  return addPeriod(timeZone(id), at, period);
}

/** What an activity's entry says where anything of the lots expires by inactivity: the latest instant, if nothing else happens. */
export function keptSince(lots: Iterable<Pick<Lot, 'inactivity'>>, at: EpochMs): { keptUntil?: string } {
  let latest: EpochMs | undefined;
  const seen = new Set<string>();
  for (const { inactivity } of lots) {
    if (inactivity === null || seen.has(keyOf(inactivity))) continue;
    seen.add(keyOf(inactivity));
    latest = Math.max(latest ?? -Infinity, idleAfter(inactivity, at));
  }
  return latest === undefined ? {} : { keptUntil: formatInstant(latest) };
}

/** When a lot's points will be gone, as one would have said right before an instant. */
export type Expectation = (lot: Lot, before: EpochMs) => EpochMs;

/**
 * What came at that instant or later does not count: else a redemption of today would change which lot paid a debt of last month.
 * Whether the points were gone by then is the same.
 */
export function expectationOf(activities: Iterable<Activity>): Expectation {
  let sorted: readonly Activity[] | undefined;
  const lasts = new Map<EpochMs, EpochMs>();
  const lastBefore = (before: EpochMs): EpochMs => {
    let last = lasts.get(before);
    if (last !== undefined) return last;
    sorted ??= [...activities].sort((a, b) => a.at - b.at);
    last = sorted.findLast(({ at, until }) => at < before && until >= before)?.at ?? -Infinity;
    lasts.set(before, last);
    return last;
  };
  const ends = new Map<string, EpochMs>();
  return (lot, before) => {
    const { inactivity, expiresAt } = lot;
    if (inactivity === null || expiresAt <= before) return expiresAt;
    // Every activity since the lot came kept it, so the last of them says until when.
    const since = Math.max(lot.at, lastBefore(before));
    const key = `${keyOf(inactivity)} ${since}`;
    let end = ends.get(key);
    if (end === undefined) ends.set(key, (end = idleAfter(inactivity, since)));
    return end;
  };
}

/** Lots that expire at the same instant, as far as activities have been looked at. */
interface Group {
  end: EpochMs;
  readonly lots: Lot[];
}

/**
 * The first instant at which each lot's points are gone: its own time and every activity until then each keep it for the period. An
 * activity in that very instant comes too late. A redemption keeps it until it is undone, so that what was true before is so still.
 * For the same reason an activity after an instant never changes whether the points were gone by then.
 */
export function endsOf(lots: Iterable<Lot>, activities: Iterable<Activity>): Map<Lot, EpochMs> {
  const ends = new Map<Lot, EpochMs>();
  const sorted = [...activities].sort((a, b) => a.at - b.at);
  const byTerms = Map.groupBy(lots, ({ inactivity }) => (inactivity === null ? '' : keyOf(inactivity)));
  byTerms.delete('');
  for (const alike of byTerms.values()) endsAlike(alike, sorted, ends);
  return ends;
}

/** Of lots with the same terms: in one run along the time, for a popular card has thousands of both. */
function endsAlike(lots: readonly Lot[], activities: readonly Activity[], ends: Map<Lot, EpochMs>): void {
  const terms = lots[0]?.inactivity as Inactivity;
  const waiting = [...lots].sort((a, b) => a.at - b.at);
  let groups: Group[] = [];
  let next = 0;
  const join = (end: EpochMs, joining: readonly Lot[]): void => {
    const same = groups.find((group) => group.end === end);
    if (same) for (const lot of joining) same.lots.push(lot);
    else groups.push({ end, lots: [...joining] });
  };
  const admit = (until: EpochMs): void => {
    for (let lot = waiting[next]; lot !== undefined && lot.at <= until; lot = waiting[(next += 1)]) {
      join(idleAfter(terms, lot.at), [lot]);
    }
  };
  const finish = (done: readonly Group[]): void => {
    for (const { end, lots: members } of done) for (const lot of members) ends.set(lot, end);
  };
  for (const { at, until } of activities) {
    admit(at);
    const end = Math.min(idleAfter(terms, at), until);
    const [over, alive] = [groups.filter((group) => group.end <= at), groups.filter((group) => group.end > at)];
    finish(over);
    groups = alive.filter((group) => group.end >= end);
    // The largest takes the others in: each lot moves seldom.
    const kept = alive.filter((group) => group.end < end).sort((a, b) => b.lots.length - a.lots.length);
    const [largest, ...others] = kept;
    if (!largest) continue;
    const same = groups.find((group) => group.end === end);
    if (!same) groups.push(Object.assign(largest, { end }));
    for (const group of same ? kept : others) join(end, group.lots);
  }
  admit(Infinity);
  finish(groups);
}

const keyOf = ({ after, timeZone: id }: Inactivity): string => `${after}@${id}`;
