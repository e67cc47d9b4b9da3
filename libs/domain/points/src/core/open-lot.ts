import { formatInstant } from '@loyalty/kernel';
import { FULL, roomOf } from './capacity.ts';
import { consequences } from './consequences.ts';
import { accepted, type PointsContext, type PointsDecision, refused } from './decision.ts';
import type { PointsEvent } from './event.ts';
import type { OpenLot } from './input.ts';
import { lotOfOpening, newLot } from './lot.ts';
import { type FullState, newWallet } from './wallet.ts';

/**
 * Brings a balance along from an earlier system, with its own dates. The same reference never opens a second lot: a retry under
 * another key is accepted and changes nothing. Refused: `invalid_points`, `pending_after_expiry`, `unknown_program`, `reference_taken`
 * (by other points), `too_many_points`.
 */
export function openLot(input: OpenLot, state: FullState, { now, global }: PointsContext): PointsDecision {
  const { points, program, reference } = input;
  if (!Number.isSafeInteger(points) || points <= 0) {
    return refused('invalid_points', 'Points are whole numbers from 1 to 9007199254740991.', { pointer: '/points' });
  }
  if (input.expiresAt !== null && input.expiresAt <= input.activeFrom) {
    return refused('pending_after_expiry', 'The lot would expire before it becomes active.', { pointer: '/expiresAt' });
  }
  const wallet = state.wallets.get(program) ?? newWallet(program);
  if (wallet.lots.size === 0 && !global.terms.some((terms) => terms.program === program)) {
    const message = `There is no program ${program}: publish it, or correct its name, and send the balance again.`;
    // Not kept as the answer: the same reference is taken once the program is published.
    return { ...refused('unknown_program', message, { pointer: '/program' }), keep: false };
  }
  const lot = lotOfOpening(reference);
  const known = wallet.lots.get(lot);
  if (known) {
    if (known.issued === points) return accepted([]);
    return refused('reference_taken', `Reference ${reference} opened a lot of ${known.issued} points.`, {
      pointer: '/reference',
    });
  }
  if (points > roomOf(wallet)) {
    return refused('too_many_points', `A wallet ${FULL}.`, {
      pointer: '/points',
    });
  }
  const { earnedAt, activeFrom, expiresAt } = input;
  const until = expiresAt ?? Infinity;
  const next = {
    ...newLot(lot),
    origin: 'opening' as const,
    at: earnedAt,
    activeFrom,
    expiresAt: until,
    issued: points,
  };
  const { first, postings, then } = consequences(wallet, [next], now);
  const event: PointsEvent = {
    type: 'points.opened.v1',
    time: earnedAt,
    data: {
      program,
      at: formatInstant(earnedAt),
      postings: [...(postings[0] ?? [])],
      activeFrom: formatInstant(activeFrom),
      expiresAt: expiresAt === null ? null : formatInstant(expiresAt),
      lot,
      points,
      reference,
    },
  };
  return accepted([...first, event, ...then]);
}
