import { Rerating } from '@loyalty/tiers';
import type { Runtime } from '@loyalty/service';
import { startProgress } from './progress.ts';

/** Waits until every consumer has reached the heads of now and published programs have rated everyone again. */
export async function caughtUp(runtime: Runtime): Promise<void> {
  await followed(runtime);
  // Rating again needs all purchases, and what it writes must reach the ledger.
  await runtime.app.get(Rerating, { strict: false }).run();
  await followed(runtime);
}

async function followed(runtime: Runtime): Promise<void> {
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
