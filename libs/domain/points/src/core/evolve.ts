import { noteApproval, noteRequest } from './approval.ts';
import type { MemberNote, PointsEvent, RecordedEvent } from './event.ts';
import { idleAfter, ofPurchase } from './inactivity.ts';
import { type Lot, type LotOrigin } from './lot.ts';
import { recordSpending } from './evolve-spending.ts';
import { instant } from './instant.ts';
import { evolveReward } from './reward-state.ts';
import { SIZE } from './size.ts';
import { withCourse } from './tier.ts';
import { change, type FullState, lotOf, type MemberState, newWallet, post, type Wallet } from './wallet.ts';

/** The state after the event; changes and returns the same object. Throws on an event it does not know. */
export function evolve(state: MemberState, event: RecordedEvent): MemberState {
  if (state.depth === 'reward') return evolveReward(state, event);
  // Whoever decides on a shallow state only opens lots of wallets that owe nothing: nothing it knows changes.
  if (state.depth === 'shallow') {
    state.recorded++;
    return state;
  }
  if (event.type === 'terms.learned.v1') return state;
  if (NOTES.has(event.type)) note(state, { ...event, data: JSON.parse(event.data) } as MemberNote);
  else apply(state, { type: event.type, time: event.time, data: JSON.parse(event.data) } as PointsEvent);
  return state;
}

/** Of a member, but no points move by them. */
const NOTES: ReadonlySet<string> = new Set<MemberNote['type']>([
  'tier.learned.v1',
  'adjustment.requested.v1',
  'adjustment.refused.v1',
  'account.closed.v1',
  'account.reopened.v1',
]);

function note(state: FullState, event: MemberNote): void {
  switch (event.type) {
    case 'tier.learned.v1': {
      const { program, course } = event.data;
      state.tiers.set(program, withCourse(state.tiers.get(program) ?? [], course));
      state.weight += SIZE.use;
      return;
    }
    case 'account.closed.v1':
      state.closedAt = event.time;
      return;
    case 'account.reopened.v1':
      state.closedAt = null;
      return;
    case 'adjustment.requested.v1':
    case 'adjustment.refused.v1':
      return noteRequest(state, event);
  }
}

/** The same for an event whose payload is parsed. */
export function apply(state: FullState, event: PointsEvent): void {
  const { data } = event;
  let wallet = state.wallets.get(data.program);
  if (!wallet) {
    state.wallets.set(data.program, (wallet = newWallet(data.program)));
    state.weight += SIZE.wallet;
  }
  recordFact(state, wallet, event);
  post(wallet, data.postings);
}

function recordFact(state: FullState, wallet: Wallet, event: PointsEvent): void {
  switch (event.type) {
    case 'points.earned.v1':
      recordPurchase(wallet, event);
      return open(state, wallet, 'purchase', event);
    case 'points.opened.v1':
      return open(state, wallet, 'opening', event);
    case 'points.adjusted.v1':
      noteApproval(state, event);
      if (event.data.points > 0) return open(state, wallet, 'adjustment', event);
      return recordSpending(state, wallet, event);
    case 'points.received.v1':
      return open(state, wallet, 'transfer', event);
    case 'points.redeemed.v1':
    case 'points.reserved.v1':
    case 'points.captured.v1':
    case 'points.voided.v1':
    case 'points.released.v1':
    case 'points.undone.v1':
    case 'points.sent.v1':
      return recordSpending(state, wallet, event);
    case 'points.corrected.v1': {
      const lot = lotOf(wallet, event.data.lot);
      recordPurchase(wallet, event);
      return change(wallet, lot, () => {
        lot.at = event.time;
        lot.issued += event.data.points;
        setTerms(wallet, lot, event.data);
      });
    }
    case 'points.reversed.v1':
      return claim(state, wallet, event);
    case 'points.expired.v1':
    case 'points.repaid.v1':
      return;
    default:
      throw new Error(`not an event of the points ledger: ${(event satisfies never as PointsEvent).type}`);
  }
}

type Opening = Extract<
  PointsEvent,
  { type: 'points.earned.v1' | 'points.opened.v1' | 'points.adjusted.v1' | 'points.received.v1' }
>;

function open(state: FullState, wallet: Wallet, origin: LotOrigin, event: Opening): void {
  const lot = lotOf(wallet, event.data.lot);
  change(wallet, lot, () => {
    lot.origin = origin;
    lot.at = event.time;
    lot.issued += event.data.points;
    if (event.type === 'points.received.v1') lot.earned = event.data.earned ?? null;
    setTerms(wallet, lot, event.data);
  });
  state.weight += SIZE.lot;
}

type Terms = Pick<Extract<PointsEvent, { type: 'points.corrected.v1' }>['data'], 'activeFrom' | 'expiresAt'> &
  Partial<Extract<PointsEvent, { type: 'points.corrected.v1' }>['data']>;

/** A purchase that was rated is an activity; one that no version rates, or that was voided, is none. */
function recordPurchase(
  { activities }: Wallet,
  { time, data }: Extract<PointsEvent, { type: 'points.earned.v1' | 'points.corrected.v1' }>,
): void {
  const name = ofPurchase(data.lot);
  if (data.version === null) activities.all.delete(name);
  else activities.all.set(name, { at: time, until: Infinity });
  activities.stale = activities.lots.size > 0;
}

function setTerms({ activities }: Wallet, lot: Lot, terms: Terms): void {
  lot.activeFrom = instant(terms.activeFrom);
  lot.expiresAt = terms.expiresAt === null ? Infinity : instant(terms.expiresAt);
  lot.inactivity = terms.inactivity ?? null;
  if (lot.inactivity !== null) {
    lot.expiresAt = idleAfter(lot.inactivity, lot.at);
    activities.lots.add(lot);
    activities.stale = true;
  } else if (activities.lots.delete(lot)) activities.stale = true;
  lot.policy = terms.shortfall ?? 'owe';
  lot.version = terms.version ?? null;
}

function claim(state: FullState, wallet: Wallet, event: Extract<PointsEvent, { type: 'points.reversed.v1' }>): void {
  const lot = lotOf(wallet, event.data.lot);
  const key = claimKey(event.data.cause);
  const returned = wallet.returned.get(key);
  if (returned) returned.add(lot.id);
  else wallet.returned.set(key, new Set([lot.id]));
  change(wallet, lot, () => {
    lot.claims ??= new Map();
    const points = (lot.claims.get(key)?.points ?? 0) + event.data.points;
    lot.claimed += event.data.points;
    if (points === 0) lot.claims.delete(key);
    else lot.claims.set(key, { at: event.time, points, by: event.data.cause });
  });
  state.weight += SIZE.use;
}

/** Under which a lot keeps what a return claims. */
export const claimKey = (returned: { source: string; id: string }): string => `${returned.source}\n${returned.id}`;
