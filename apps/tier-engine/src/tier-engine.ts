import { serveOnly, writerOptions } from '@loyalty/service';
import { tiers, TIERS_WRITER, TiersModule, tiersReactors } from '@loyalty/tiers';

await serveOnly('tier-engine', (environment) => [
  {
    definition: tiers,
    module: TiersModule.forRoot({ ...writerOptions(environment), defaultProgram: environment.DEFAULT_PROGRAM }),
    writer: TIERS_WRITER,
    reactors: tiersReactors,
  },
]);
