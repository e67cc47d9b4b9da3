import { type EpochMs, formatInstant } from '@loyalty/kernel';
import { instantParameter } from './parameters.ts';

/** Which state is asked for: what was true at an instant, as known at a time. */
export interface Moment {
  /** Effective time. */
  readonly at: EpochMs;
  /** Recorded time: what was booked later does not count. Null = all that is known. */
  readonly known: EpochMs | null;
  /** Neither was given. */
  readonly isNow: boolean;
}

export interface MomentQuery {
  readonly at?: string | undefined;
  readonly known?: string | undefined;
}

export function now(at: EpochMs = Date.now()): Moment {
  return { at, known: null, isNow: true };
}

/** `known` alone asks what was believed then, about then. @throws {BadInputError} where one is no instant */
export function momentOf({ at, known }: MomentQuery): Moment {
  const asKnown = instantParameter('known', known) ?? null;
  const effective = instantParameter('at', at) ?? asKnown;
  return effective === null ? now() : { at: effective, known: asKnown, isNow: false };
}

/** As answers name it. */
export function momentShown({ at, known }: Moment): { at: string; known?: string } {
  return { at: formatInstant(at), ...(known !== null && { known: formatInstant(known) }) };
}

/** The first instant that is too late to count, for `recorded < …`: the whole millisecond does. */
export function recordedBefore({ known }: Moment): string {
  return known === null ? 'infinity' : formatInstant(known + 1);
}
