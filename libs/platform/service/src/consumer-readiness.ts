import type { INestApplication } from '@nestjs/common';
import { consumerStatus, type ConsumerPlace, type EventLogStrategy } from '@loyalty/event-log';
import type { Pool } from 'pg';
import { NotReadyError, Readiness } from './readiness.ts';
import type { ReactorRoute } from './service-part.ts';

interface Followed {
  readonly route: ReactorRoute;
  readonly strategy: EventLogStrategy<unknown>;
}

/**
 * One readiness check a consumer: lag and parked events are shown, a shard that stopped here or that nobody reads while events
 * wait for it makes the process unready.
 */
export function addConsumerChecks(
  app: INestApplication,
  pool: Pool,
  places: readonly ConsumerPlace[],
  followed: readonly Followed[],
): void {
  const readiness = app.get(Readiness);
  for (const place of places) {
    const { consumer, source } = place;
    const { strategy } = followed.find(
      ({ route }) => route.consumer === consumer && route.source === source,
    ) as Followed;
    readiness.add(`${consumer}<${source}`, async () => {
      const shards = await consumerStatus(pool, place);
      const figures = {
        lag: shards.reduce((sum, { lag }) => sum + lag, 0),
        parked: shards.reduce((sum, { parked }) => sum + parked, 0),
      };
      const troubled = (strategy.consumer?.health() ?? []).filter(
        ({ state }) => state === 'stopped' || state === 'waiting',
      );
      if (strategy.consumer === null) throw new NotReadyError('not started', figures);
      if (troubled.length > 0) {
        throw new NotReadyError(
          troubled.map(({ shard, state, reason }) => `shard ${shard} ${state}: ${reason}`).join('; '),
          figures,
        );
      }
      const orphans = shards.filter(({ lag, owner }) => lag > 0 && owner === null).map(({ shard }) => shard);
      if (orphans.length > 0) throw new NotReadyError(`nobody reads shard ${orphans.join(', ')}`, figures);
      return figures;
    });
  }
}
