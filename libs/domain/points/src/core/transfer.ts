import type { Posting, PointsSent } from '@loyalty/contracts';
import { type EpochMs, formatInstant } from '@loyalty/kernel';
import { FULL, WALLET_CAPACITY } from './capacity.ts';
import { consequences } from './consequences.ts';
import { accepted, type PointsContext, type PointsDecision, refused } from './decision.ts';
import type { PointsEvent } from './event.ts';
import type { Receive, Send } from './input.ts';
import { instant } from './instant.ts';
import { type Lot, lotOfTransfer, newLot } from './lot.ts';
import { takingPostings } from './spending.ts';
import { take } from './taking.ts';
import { type FullState, newWallet, type Wallet } from './wallet.ts';

/**
 * Takes active points for another member, earliest expiry first. From here on they are under way: they can be spent by nobody
 * until the receiver's own entries are written from this one, which may be in another shard.
 * Refused: `invalid_points`, `transfer_to_self`, `program_required`, `insufficient_points`, `receiver_full`.
 */
export function send(input: Send, state: FullState, context: PointsContext): PointsDecision {
  const { id, points, from, to, reference, rooms = {} } = input;
  const { now } = context;
  if (from === to) return refused('transfer_to_self', 'A member cannot send points to itself.', { pointer: '/to' });
  const taking = take(input, state, context);
  if ('kind' in taking) return taking;
  const { wallet, purse, allocations, spendable } = taking;
  const { program } = wallet;
  if (points > (rooms[program] ?? WALLET_CAPACITY)) {
    return refused('receiver_full', `The receiver’s wallet in ${program} ${FULL}.`, { pointer: '/points' });
  }
  const data = {
    program,
    at: formatInstant(now),
    postings: takingPostings(allocations, 'sent'),
    transfer: id,
    to,
    points,
    lots: allocations.map(({ lot, points: sent }) => luggage(wallet.lots.get(lot) as Lot, sent)),
    ...(reference !== undefined && { reference }),
  };
  const event: PointsEvent = { type: 'points.sent.v1', time: now, data };
  return accepted([...purse.due, event], { program, id, points, lots: allocations, spendable });
}

type Luggage = PointsSent['lots'][number];

function luggage({ id: lot, expiresAt, earned }: Lot, points: number): Luggage {
  const until = expiresAt === Infinity ? null : formatInstant(expiresAt);
  return { lot, points, expiresAt: until, ...(earned && { earned }) };
}

/**
 * Opens a lot for each that was sent, with its expiry. A fact, dated when the points were sent: what expired on the way is
 * received and expired. Told twice it changes nothing, for the lots are named after the transfer.
 */
export function receive({ from, sent }: Receive, state: FullState, now: EpochMs): PointsEvent[] {
  const wallet = state.wallets.get(sent.program) ?? newWallet(sent.program);
  const at = instant(sent.at);
  const arrived = sent.lots
    .map((luggage, i) => ({ luggage, id: lotOfTransfer(sent.transfer, i + 1) }))
    .filter(({ id }) => !wallet.lots.has(id));
  if (arrived.length === 0) return [];
  const next = arrived.map(({ luggage, id }) => arrival(id, luggage, at));
  const { first, postings, then } = consequences(wallet, next, now);
  const events = arrived.map(({ luggage, id }, i): PointsEvent => {
    const opened = { id, postings: [...(postings[i] ?? [])] };
    return received(wallet, sent, from, luggage, opened);
  });
  return [...first, ...events, ...then];
}

function arrival(id: string, { points, expiresAt }: Luggage, at: EpochMs): Lot {
  const until = expiresAt === null ? Infinity : instant(expiresAt);
  return { ...newLot(id), origin: 'transfer', at, activeFrom: at, expiresAt: until, issued: points };
}

function received(
  { program }: Wallet,
  { transfer, at, reference }: Receive['sent'],
  member: string,
  { lot, points, expiresAt, earned = { member, lot } }: Luggage,
  opened: { readonly id: string; readonly postings: Posting[] },
): PointsEvent {
  const terms = { activeFrom: at, expiresAt };
  const where = { transfer, from: { member, lot }, earned, ...(reference !== undefined && { reference }) };
  const data = { program, at, postings: opened.postings, lot: opened.id, points, ...terms, ...where };
  return { type: 'points.received.v1', time: instant(at), data };
}
