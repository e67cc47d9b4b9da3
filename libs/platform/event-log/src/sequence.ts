import type { StoredEvent } from '@loyalty/kernel';
import type { Checkpoint } from './transport.ts';

/** Where a consumer stands in what it is delivered. */
export interface Standing extends Checkpoint {
  /** The event at this position has come since the reader was placed, with this hash: what follows it belongs to the log that was applied. */
  readonly seen: boolean;
}

/** What a delivery means to a consumer that stands somewhere. */
export interface Sifted {
  /** To be applied: position standing + 1 and on, without gap. */
  readonly fresh: readonly StoredEvent[];
  /** The position that came where `expected` was due; what is beyond it in the delivery is not looked at. */
  readonly gap: { readonly expected: number; readonly found: number } | null;
  /** The log holds another event at a position that was applied: it is not the log that this consumer has read. */
  readonly diverged: number | null;
  /** As in the standing, after this delivery. */
  readonly seen: boolean;
}

/**
 * At or below the standing: a duplicate, skipped. The next: fresh. Beyond: a gap, because positions have none. A duplicate of exactly
 * the standing must have its hash, and nothing is fresh before it has come: a log that lost its end and grew past it again would
 * pass for the old one.
 */
export function sift(standing: Standing, delivered: readonly StoredEvent[]): Sifted {
  const fresh: StoredEvent[] = [];
  let last: Checkpoint = standing;
  let { seen } = standing;
  for (const event of delivered) {
    const due = seen ? last.position + 1 : last.position;
    if (event.position > due) {
      return { fresh, gap: { expected: due, found: event.position }, diverged: null, seen };
    }
    if (event.position === last.position) {
      if (event.hash !== last.hash) return { fresh, gap: null, diverged: event.position, seen };
      seen = true;
    }
    if (event.position <= last.position) continue;
    fresh.push(event);
    last = event;
  }
  return { fresh, gap: null, diverged: null, seen };
}
