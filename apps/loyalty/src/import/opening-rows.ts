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

export function member(text: string): string {
  if (text.length > 200) throw new RowError('invalid', 'member: at most 200 characters.');
  if (looksPersonal(text)) {
    throw new RowError('member_id_personal', 'member: looks like an e-mail address or a phone number; ids are opaque.');
  }
  return text;
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
