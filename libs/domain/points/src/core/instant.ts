import { type EpochMs, parseInstant } from '@loyalty/kernel';

/** Throws on text that is no instant: only contracts' events get here. */
export function instant(text: string): EpochMs {
  const ms = parseInstant(text);
  if (ms === undefined) throw new Error(`not an instant: ${text}`);
  return ms;
}
