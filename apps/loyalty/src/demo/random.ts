/** Reproducible randomness: the same seed gives the same retailer, on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  chance(probability: number): boolean;
  /** Whole, both ends included. */
  between(from: number, to: number): number;
  pick<T>(from: readonly T[]): T;
  /** Picks by weight. */
  weighted<T>(from: readonly (readonly [value: T, weight: number])[]): T;
  /** Poisson-distributed, for counts of independent happenings. */
  count(mean: number): number;
  /** `length` characters that mean nothing. */
  code(length: number): string;
}

// Without characters that are taken for one another when read aloud.
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** mulberry32: 32 bits of state are enough for a demonstration, and it is five lines. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  return {
    next,
    chance: (probability) => next() < probability,
    between,
    pick,
    weighted(from) {
      let left = next() * from.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [value, weight] of from) if ((left -= weight) < 0) return value;
      return (from.at(-1) as (typeof from)[number])[0];
    },
    count: (mean) => poisson(next, mean),
    code: (length) => Array.from({ length }, () => pick([...ALPHABET])).join(''),
  };
}

function poisson(next: () => number, mean: number): number {
  // Knuth's product underflows for large means; a normal approximation is as good there.
  if (mean > 60) {
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let product = next();
  let count = 0;
  while (product > limit) {
    product *= next();
    count++;
  }
  return count;
}
