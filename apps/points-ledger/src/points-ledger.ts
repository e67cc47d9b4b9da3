import { points, POINTS_WRITER, pointsEntities, PointsModule, pointsReactor } from '@loyalty/points';
import { serveOnly, writerOptions } from '@loyalty/service';

await serveOnly('points-ledger', (environment) => [
  {
    definition: points,
    module: PointsModule.forRoot({ ...writerOptions(environment), sweepMs: environment.SWEEP_SECONDS * 1000 }),
    writer: POINTS_WRITER,
    reactors: [pointsReactor],
    entities: pointsEntities,
  },
]);
