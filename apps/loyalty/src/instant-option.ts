import { parseInstant, type EpochMs } from '@loyalty/kernel';
import { UsageError } from './command.ts';

/** `--at`: an instant with its offset. Left out: now. */
export function instantOption(text: string | boolean | undefined): EpochMs {
  return limitOption('at', text) ?? Date.now();
}

/** An instant with its offset; undefined where it is left out. */
export function limitOption(name: string, text: string | boolean | undefined): EpochMs | undefined {
  if (text === undefined) return undefined;
  const at = typeof text === 'string' ? parseInstant(text) : undefined;
  if (at === undefined) {
    throw new UsageError(
      `--${name} ${text} is no instant with an offset, such as 2026-01-25T10:00:00+08:00 or 2026-01-25T02:00:00Z`,
    );
  }
  return at;
}

/** A whole number within bounds. */
export function numberOption(name: string, text: string | boolean | undefined, from: number, to: number): number {
  const value = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= from && value <= to))
    throw new UsageError(`--${name} ${text} is no whole number from ${from} to ${to}`);
  return value;
}
