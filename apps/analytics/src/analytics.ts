import { analytics, analyticsEntities, AnalyticsModule } from '@loyalty/analytics';
import { serveOnly } from '@loyalty/service';

await serveOnly('analytics', () => [
  { definition: analytics, module: AnalyticsModule.forRoot(), reactors: [], entities: analyticsEntities },
]);
