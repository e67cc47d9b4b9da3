import type { EpochMicros, EpochMs } from '@loyalty/kernel';

/** A clock that stands still until told otherwise. */
export interface FakeClock {
  now(): EpochMs;
  /** For the writer's `clock` option. */
  micros(): EpochMicros;
  set(ms: EpochMs): void;
  advance(ms: number): void;
}

export function fakeClock(start: EpochMs): FakeClock {
  let current = start;
  return {
    now: () => current,
    micros: () => current * 1000,
    set: (ms) => void (current = ms),
    advance: (ms) => void (current += ms),
  };
}
