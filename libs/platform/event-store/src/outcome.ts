import type { LogPosition, Refusal } from '@loyalty/kernel';

/** What became of one unit of work. Refusals and conflicts are results; faults reject the promise. */
export type Outcome<Answer> =
  | {
      readonly kind: 'accepted';
      readonly answer: Answer;
      /** Of its last event; null when it had nothing to record. */
      readonly position: LogPosition | null;
      /** The key was known: this is the answer given then. */
      readonly replayed: boolean;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly replayed: boolean }
  /** The key is bound to another body. */
  | { readonly kind: 'conflict' };

/** In a list, a fault is told for the one it befell; the others went through. */
export type ListedOutcome<Answer> = Outcome<Answer> | { readonly kind: 'failed'; readonly error: Error };

/** The writer's queue is at its limit. Retryable (503): nothing was done. */
export class QueueFullError extends Error {
  override name = 'QueueFullError';
  readonly retryAfterSeconds = 1;
}

/** PostgreSQL could not be reached (or had no room) for as long as the writer retries. Retryable (503) with the same key. */
export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError';
  readonly retryAfterSeconds = 5;
}

/** A log's recorded time is far ahead of the database's clock: writing on would stamp events with the future. Retryable (503). */
export class ClockBehindError extends Error {
  override name = 'ClockBehindError';
  readonly retryAfterSeconds = 60;
}

/** The writer was closed before the work was taken up. Nothing was done. */
export class WriterClosedError extends Error {
  override name = 'WriterClosedError';
}

/** A source batch did not start where the checkpoint stands: read on from `actual` (0 = nothing applied yet). Nothing was done. */
export class CheckpointMovedError extends Error {
  override name = 'CheckpointMovedError';
  readonly actual: number;
  constructor(message: string, actual: number) {
    super(message);
    this.actual = actual;
  }
}

/** One source event cannot be applied. All work of the batch before it is committed, and the checkpoint stands there. */
export class PoisonError extends Error {
  override name = 'PoisonError';
  /** Of the source event. */
  readonly position: number;
  constructor(position: number, cause: unknown) {
    super(`source event ${position} cannot be applied: ${(cause as Error).message}`, { cause });
    this.position = position;
  }
}
