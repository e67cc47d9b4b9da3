import { analytics, analyticsEntities, AnalyticsModule } from '@loyalty/analytics';
import { serveOnly } from '@loyalty/service';

await serveOnly('analytics', ({ REPORTING_ZONE }) => [
  {
    definition: analytics,
    module: AnalyticsModule.forRoot({ reportingZone: REPORTING_ZONE }),
    reactors: [],
    entities: analyticsEntities,
  },
]);
