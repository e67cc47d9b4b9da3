import { looksPersonal, parseInstant, type EpochMs } from '@loyalty/kernel';

/** Why a row cannot be work. */
export interface RowProblem {
  readonly code: string;
  readonly reason: string;
}

/** Thrown inside a row's reader; becomes the row's rejection. */
export class RowError extends Error {
  override readonly name = 'RowError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Runs a row's reader, giving what it threw as the row's problem. */
export function reading<T>(read: () => T): T | RowProblem {
  try {
    return read();
  } catch (error) {
    if (error instanceof RowError) return { code: error.code, reason: error.message };
    throw error;
  }
}

const LONGEST = 200;
const EARLIEST: EpochMs = Date.UTC(1900, 0, 1);
const CONTROL = /\p{Cc}/u;

/** An id that an earlier system gave: printable, of bounded length. */
export function name(column: string, text: string): string {
  if (text.length > LONGEST) throw new RowError('too_long', `${column}: at most ${LONGEST} characters.`);
  if (CONTROL.test(text)) throw new RowError('invalid_format', `${column}: an id is printable.`);
  return text;
}

export function member(text: string): string {
  name('member', text);
  if (text.startsWith('doc:')) throw new RowError('member_id_reserved', 'member: must not begin with "doc:".');
  if (looksPersonal(text)) {
    throw new RowError('member_id_personal', 'member: looks like an e-mail address or a phone number; ids are opaque.');
  }
  return text;
}

const AHEAD_MS = 24 * 3_600_000;

/** When something happened in the earlier system: not before any till, not in the future. */
export function pastInstant(column: string, text: string): EpochMs {
  const at = instant(column, text);
  if (at < EARLIEST) throw new RowError('at_out_of_range', `${column}: nothing was earned before the year 1900.`);
  if (at > Date.now() + AHEAD_MS)
    throw new RowError('at_in_future', `${column}: lies more than a day ahead of our clock.`);
  return at;
}

export function instant(column: string, text: string): EpochMs {
  const at = parseInstant(text);
  if (at === undefined)
    throw new RowError(
      'invalid',
      `${column}: "${text.slice(0, 50)}" is no instant with an offset, such as 2026-01-25T10:00:00+08:00.`,
    );
  return at;
}

/** Points are integers up to 2^53 - 1. */
export function wholePoints(column: string, text: string): number {
  const points = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(points) || points < 1) {
    throw new RowError('invalid', `${column}: "${text.slice(0, 50)}" is no whole number from 1 to 9007199254740991.`);
  }
  return points;
}
