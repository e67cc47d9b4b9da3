import type { TermsLearned } from '@loyalty/contracts';
import { addPeriod, type EpochMs, formatInstant, parsePeriod, timeZone } from '@loyalty/kernel';
import { accepted, type PointsContext, type PointsDecision, refused } from './decision.ts';
import type { PointsEvent } from './event.ts';
import type { Reserve } from './input.ts';
import { moneyOff } from './money-off.ts';
import { takingPostings } from './spending.ts';
import { take } from './taking.ts';
import type { FullState } from './wallet.ts';

const DEFAULT_TTL = 'PT15M';
/** Reserved points do not expire: nobody keeps them alive for ever by reserving. */
const LONGEST_MS = 30 * 86_400_000;

/**
 * Sets active points aside, earliest expiry first, until a time at which they are free again by themselves.
 * Refused: `invalid_points`, `invalid_ttl`, `program_required`, `below_minimum`, `insufficient_points`, and what
 * `moneyOff` refuses.
 */
export function reserve(input: Reserve, state: FullState, context: PointsContext): PointsDecision {
  const { id, points, reference } = input;
  const { now } = context;
  assertNewName(id, state);
  const taking = take(input, state, context, (terms) => terms.minimumRedemption);
  if ('kind' in taking) return taking;
  const { wallet, purse, allocations, terms, spendable } = taking;
  const worth = moneyOff(input, terms);
  if ('kind' in worth) return worth;
  const until = endOfReservation(input.ttl, terms, now);
  if (until === undefined) return invalidTtl();
  const { program } = wallet;
  const data = {
    program,
    at: formatInstant(now),
    postings: takingPostings(allocations, 'reserved'),
    reservation: id,
    points,
    allocations,
    until: formatInstant(until),
    ...(reference !== undefined && { reference }),
    ...worth,
  };
  const event: PointsEvent = { type: 'points.reserved.v1', time: now, data };
  const { money } = worth;
  const answer = { program, id, points, lots: allocations, spendable, until: data.until, ...(money && { money }) };
  return accepted([...purse.due, event], answer);
}

/** @throws {Error} keys name reservations and redemptions, so no name comes twice */
export function assertNewName(id: string, state: FullState): void {
  for (const { reservations, redemptions } of state.wallets.values()) {
    if (reservations.has(id) || redemptions.has(id)) throw new Error(`${id} names a reservation or redemption already`);
  }
}

export function invalidTtl(): PointsDecision {
  const message = 'A reservation lasts for an ISO 8601 duration above 0 and of at most 30 days, like PT15M.';
  return refused('invalid_ttl', message, { pointer: '/ttl' });
}

/** Undefined where what was asked is no duration, or none that is allowed. */
export function endOfReservation(
  asked: string | undefined,
  terms: TermsLearned | undefined,
  now: EpochMs,
): EpochMs | undefined {
  const period = parsePeriod(asked ?? terms?.reservationTtl ?? DEFAULT_TTL);
  if (!period) return undefined;
  const until = addPeriod(timeZone(terms?.timeZone ?? 'UTC'), now, period);
  if (until <= now) return undefined;
  return asked === undefined || until - now <= LONGEST_MS ? until : undefined;
}
