import { Courier, points, transfersArrived } from '@loyalty/points';
import { Rerating, tiers } from '@loyalty/tiers';
import type { Runtime } from '@loyalty/service';
import { startProgress } from './progress.ts';

/**
 * Waits until every consumer of the services that live in this database has reached the heads of now, published programs have rated everyone again, and points that members
 * sent are with their receivers. Rejects with StalledError where that does not end.
 */
export async function caughtUp(runtime: Runtime): Promise<void> {
  const lives = (service: string): boolean => runtime.parts.some(({ definition }) => definition.service === service);
  await followed(runtime);
  // Rating again needs all purchases, and what it writes must reach the ledger.
  if (lives(tiers.service)) await runtime.app.get(Rerating, { strict: false }).run();
  // No consumer of its own: what a process that died left under way would lie there until the next sweep of a server.
  if (lives(points.service)) await transfersArrived(runtime.database.pool, runtime.app.get(Courier, { strict: false }));
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
