/** Time and chance as a consumer needs them; injected so that tests neither wait nor guess. */
export interface Pacing {
  /** Milliseconds on a clock that never jumps back. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** Resolves after the time, or as soon as the signal aborts. Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

export const realPacing: Pacing = {
  now: () => performance.now(),
  random: () => Math.random(),
  pause: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
    }),
};

/**
 * Exponential back-off with "equal jitter": half the step is certain, half is chance, so that consumers that failed together
 * do not return together. @param attempt from 1
 */
export function backOffMs(attempt: number, random: number, firstMs: number, mostMs: number): number {
  const step = Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return step / 2 + (step / 2) * random;
}
