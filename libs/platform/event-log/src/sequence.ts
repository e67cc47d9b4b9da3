import type { StoredEvent } from '@loyalty/kernel';
import type { Checkpoint } from './transport.ts';

/** What a delivery means to a consumer that stands at a checkpoint. */
export interface Sifted {
  /** To be applied: position checkpoint + 1 and on, without gap. */
  readonly fresh: readonly StoredEvent[];
  /** The position that came where `expected` was due; what is beyond it in the delivery is not looked at. */
  readonly gap: { readonly expected: number; readonly found: number } | null;
  /** The log holds another event at a position that was applied: it is not the log that this consumer has read. */
  readonly diverged: number | null;
}

/**
 * At or below the checkpoint: a duplicate, skipped. The next: fresh. Beyond: a gap, because positions have none.
 * A duplicate of exactly the checkpoint must have its hash.
 */
export function sift(checkpoint: Checkpoint, delivered: readonly StoredEvent[]): Sifted {
  const fresh: StoredEvent[] = [];
  let last = checkpoint;
  for (const event of delivered) {
    if (event.position <= last.position) {
      if (event.position === last.position && event.hash !== last.hash)
        return { fresh, gap: null, diverged: event.position };
      continue;
    }
    if (event.position > last.position + 1) {
      return { fresh, gap: { expected: last.position + 1, found: event.position }, diverged: null };
    }
    fresh.push(event);
    last = event;
  }
  return { fresh, gap: null, diverged: null };
}
