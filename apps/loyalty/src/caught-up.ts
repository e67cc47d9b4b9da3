import type { Runtime } from '@loyalty/service';
import { startProgress } from './progress.ts';

/** Waits until every consumer has reached the heads of now, showing how far they are. */
export async function caughtUp(runtime: Runtime): Promise<void> {
  const left = new Map<string, number>();
  let total = 0;
  const progress = startProgress('catching up', 'events');
  try {
    await runtime.caughtUp({
      onProgress: ({ consumer, source, remaining, total: own }) => {
        const name = `${consumer}<${source}`;
        if (!left.has(name)) total += own;
        left.set(name, remaining);
        const waiting = [...left.values()].reduce((sum, n) => sum + n, 0);
        progress.at(total - waiting, total);
      },
    });
  } finally {
    progress.stop();
  }
}
