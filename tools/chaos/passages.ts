import { DEFAULT_SHARDS } from '@loyalty/kernel';

interface Passage {
  readonly sent: number;
  readonly seen: number;
}

/** Purchases that were followed until their points could be seen, by shard. Times are those of `performance.now()`. */
export class Passages {
  readonly #shards: Passage[][] = Array.from({ length: DEFAULT_SHARDS }, () => []);

  add(shard: number, sent: number, seen: number): void {
    (this.#shards[shard] as Passage[]).push({ sent, seen });
  }

  /**
   * How long after a moment the whole system worked again: until in every shard a purchase sent after it had its points. Undefined
   * where a shard has seen none since.
   */
  recoveredMs(after: number): number | undefined {
    let worst = 0;
    for (const passages of this.#shards) {
      const first = Math.min(...passages.filter(({ sent }) => sent >= after).map(({ seen }) => seen));
      if (first === Infinity) return undefined;
      worst = Math.max(worst, first - after);
    }
    return worst;
  }
}
