import { UsageError } from './command.ts';

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
/** Node's timers and people's patience end before. */
const MOST_MS = 7 * 24 * 3_600_000;

/** A time such as `90s`, `2m` or `12h`, in milliseconds. */
export function durationOption(name: string, text: string | boolean | undefined): number {
  const [, number, unit = ''] = /^(\d{1,9})([smh])$/.exec(String(text)) ?? [];
  const ms = Number(number) * (UNITS_MS[unit] ?? NaN);
  if (!(ms <= MOST_MS)) throw new UsageError(`--${name} ${text} is no time such as 90s, 2m or 12h (at most 168h)`);
  return ms;
}
