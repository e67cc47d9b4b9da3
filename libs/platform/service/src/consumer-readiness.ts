import { consumerStatus, reasonOf, type Consumer, type ConsumerPlace, type Heads } from '@loyalty/event-log';
import type { Pool } from 'pg';
import { inTime } from './in-time.ts';
import { NotReadyError, type Readiness } from './readiness.ts';

/** A consumer that this process runs, or would if no other process read all its shards. */
export interface FollowedSource {
  readonly place: ConsumerPlace;
  /** Null before it was started. */
  running(): Consumer | null;
}

/** Why waiting for consumers of this process is in vain: shards that stopped and need people. Null where none has. */
export function stoppedShards(followed: readonly FollowedSource[]): string | null {
  const stopped = followed
    .flatMap(({ running }) => running()?.health() ?? [])
    .filter(({ state }) => state === 'stopped');
  if (stopped.length === 0) return null;
  return stopped
    .map(({ consumer, source, shard, reason }) => `${consumer} has stopped in ${source}, shard ${shard}: ${reason}`)
    .join('; ');
}

/** Less than health waits for a check: a broker that is away keeps nobody from knowing the rest. */
const BROKER_MS = 2_000;

/**
 * One readiness check a consumer: lag and parked events are shown; a shard that stopped or waits here, or that nobody reads
 * while events wait for it, makes the process unready. A broker that is away does not: the lag is then not known, which is shown.
 */
export function addConsumerChecks(readiness: Readiness, pool: Pool, followed: readonly FollowedSource[]): void {
  for (const { place, running } of followed) {
    readiness.add(`${place.consumer}<${place.source}`, async () => {
      const { heads, waiting } = await headsOf(place);
      const shards = await consumerStatus(pool, place, heads);
      const figures = {
        ...(waiting === undefined ? { lag: shards.reduce((sum, { lag }) => sum + lag, 0) } : { waiting }),
        parked: shards.reduce((sum, { parked }) => sum + parked, 0),
      };
      const consumer = running();
      if (consumer === null) throw new NotReadyError('not started', figures);
      const troubled = consumer.health().filter(({ state }) => state === 'stopped' || state === 'waiting');
      if (troubled.length > 0) {
        const reasons = troubled.map(({ shard, state, reason }) => `shard ${shard} ${state}: ${reason}`);
        throw new NotReadyError(reasons.join('; '), figures);
      }
      const orphans = shards.filter(({ lag, owner }) => lag > 0 && owner === null).map(({ shard }) => shard);
      if (orphans.length > 0) throw new NotReadyError(`nobody reads shard ${orphans.join(', ')}`, figures);
      return figures;
    });
  }
}

/** Of a source in another database. `waiting`: why they are not known. */
async function headsOf({ source, sourceLog }: ConsumerPlace): Promise<{ heads?: Heads; waiting?: string }> {
  if (sourceLog === undefined) return {};
  try {
    return { heads: await inTime(sourceLog.heads(), BROKER_MS) };
  } catch (error) {
    return { waiting: `the end of the log of ${source} cannot be seen: ${reasonOf(error)}` };
  }
}
