const FIRST_PENALTY = 8;
const LONGEST_PENALTY = 256;

/**
 * Whether a batch may go without locking and looking up first. Where one process writes, nobody ever moved a head meanwhile and
 * keys are new: then the whole transaction is one round trip, and what was assumed is asserted in it. Being wrong costs a
 * batch, so it is followed by batches that lock first: 8, then 16 … 256. (Always without locks, two processes on the same shards
 * threw away half of their batches.)
 */
export class Optimism {
  #caution = 0;
  #penalty = FIRST_PENALTY;

  get allowed(): boolean {
    return this.#caution === 0;
  }

  /** A batch that locked first is through. */
  locked(): void {
    if (this.#caution > 0) this.#caution--;
  }

  /** Nothing was wrong, but this once keys must be looked up. */
  lookFirst(): void {
    this.#caution = Math.max(this.#caution, 1);
  }

  right(): void {
    this.#penalty = FIRST_PENALTY;
  }

  wrong(): void {
    this.#caution = this.#penalty;
    this.#penalty = Math.min(this.#penalty * 2, LONGEST_PENALTY);
  }
}
