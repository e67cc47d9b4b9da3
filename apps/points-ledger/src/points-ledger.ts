import type { Database } from '@loyalty/database';
import { points, POINTS_WRITER, pointsEntities, PointsModule, pointsReactor } from '@loyalty/points';
import { serveOnly, writerOptions } from '@loyalty/service';
import { ratingOfEvent } from '@loyalty/tiers';

await serveOnly('points-ledger', (environment) => [
  {
    definition: points,
    module: PointsModule.forRoot({
      ...writerOptions(environment),
      sweepMs: environment.SWEEP_SECONDS * 1000,
      // Over Kafka the tier engine's log is its own affair: explanations then name its route.
      ...(environment.EVENT_LOG === 'embedded' && {
        ratings: ({ pool }: Database) => ratingOfEvent.bind(null, pool),
      }),
    }),
    writer: POINTS_WRITER,
    reactors: [pointsReactor],
    entities: pointsEntities,
  },
]);
