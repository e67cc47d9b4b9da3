import type { EpochMs } from '@loyalty/kernel';

/** What came of sending one event once. */
export interface Sent {
  /** HTTP status of the answer; null where there was none. */
  readonly status: number | null;
  /** Why it is not delivered, for people; null when it is. */
  readonly reason: string | null;
  /** What the receiver asked for by `Retry-After`. */
  readonly retryAfter_ms: number | null;
  readonly duration_ms: number;
}

export type Outcome = 'delivered' | 'failed' | 'given_up' | 'gone';

/** How long the system is patient. All in milliseconds. */
export interface Patience {
  /** Of a single event, from its first attempt; then it is given up. @default 3 days */
  readonly event_ms: number;
  /** Of a receiver that takes nothing, from the first failure; then it is disabled. @default 1 day */
  readonly receiver_ms: number;
  /** Failures in a row that this takes at least. @default 10 */
  readonly receiverFailures: number;
  /** Pause before the second attempt of an event; doubles from there. @default 5 s */
  readonly first_ms: number;
  /** Pause between two attempts of an event at most. @default 4 hours */
  readonly most_ms: number;
  /** Pause of everything for a receiver at most. @default 1 hour */
  readonly mostReceiver_ms: number;
  /** A receiver may ask for this long a pause at most. @default 1 day */
  readonly mostAsked_ms: number;
}

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;

/** Three days and growing pauses are what Standard Webhooks recommends. */
export const PATIENCE: Patience = {
  event_ms: 72 * HOUR_MS,
  receiver_ms: 24 * HOUR_MS,
  receiverFailures: 10,
  first_ms: 5 * SECOND_MS,
  most_ms: 4 * HOUR_MS,
  mostReceiver_ms: HOUR_MS,
  mostAsked_ms: 24 * HOUR_MS,
};

/** Failures in a row from which the receiver is thought to be at fault and not the event: then everything for it pauses. */
const RECEIVER_FAILS_FROM = 3;

export interface History {
  /** Attempts of the event before this one. */
  readonly tried: number;
  /** Its first attempt; null when this was it. */
  readonly since: EpochMs | null;
}

/** Exponential, with chance in it. @param attempt from 1 */
export type BackOff = (attempt: number, first_ms: number, most_ms: number) => number;

/** What an attempt means for its event, and when it is tried again. Redirects are failures: a new address is the owner's to give. */
export function verdict(
  { status, retryAfter_ms }: Sent,
  { tried, since }: History,
  now: EpochMs,
  patience: Patience,
  backOff: BackOff,
): { readonly outcome: Outcome; readonly due: EpochMs } {
  if (status !== null && status >= 200 && status < 300) return { outcome: 'delivered', due: now };
  if (status === 410) return { outcome: 'gone', due: now };
  if (since !== null && now - since >= patience.event_ms) return { outcome: 'given_up', due: now };
  const pause = backOff(tried + 1, patience.first_ms, patience.most_ms);
  return { outcome: 'failed', due: after(now, Math.max(pause, asked(retryAfter_ms, patience))) };
}

/** Until when nothing more is tried with a receiver; null = go on with other members' events. @param failures in a row, this one included */
export function receiverPause(
  { retryAfter_ms }: Sent,
  failures: number,
  now: EpochMs,
  patience: Patience,
  backOff: BackOff,
): EpochMs | null {
  const own =
    failures < RECEIVER_FAILS_FROM
      ? 0
      : backOff(failures - RECEIVER_FAILS_FROM + 1, patience.first_ms, patience.mostReceiver_ms);
  const pause = Math.max(own, asked(retryAfter_ms, patience));
  return pause === 0 ? null : after(now, pause);
}

/** Whether a receiver has taken nothing for so long that it is disabled. */
export function isLost(failures: number, failingSince: EpochMs, now: EpochMs, patience: Patience): boolean {
  return failures >= patience.receiverFailures && now - failingSince >= patience.receiver_ms;
}

/** Instants are whole milliseconds, and pauses with chance in them are not. */
function after(now: EpochMs, pause_ms: number): EpochMs {
  return now + Math.ceil(pause_ms);
}

function asked(retryAfter_ms: number | null, { mostAsked_ms }: Patience): number {
  return Math.min(retryAfter_ms ?? 0, mostAsked_ms);
}
