import { points, POINTS_WRITER, pointsEntities, PointsModule, pointsReactor } from '@loyalty/points';
import { serveOnly, writerOptions } from '@loyalty/service';
import { ratingOfEvent } from '@loyalty/tiers';

await serveOnly('points-ledger', (environment) => [
  {
    definition: points,
    module: PointsModule.forRoot({
      ...writerOptions(environment),
      sweepMs: environment.SWEEP_SECONDS * 1000,
      ratings: ({ pool }) => ratingOfEvent.bind(null, pool),
    }),
    writer: POINTS_WRITER,
    reactors: [pointsReactor],
    entities: pointsEntities,
  },
]);
