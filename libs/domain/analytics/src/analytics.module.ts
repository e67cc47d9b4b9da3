import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { AnalyticsController } from './analytics.controller.ts';
import { analyticsEntities } from './views/index.ts';

@Module({})
export class AnalyticsModule {
  constructor(@Inject(DATABASE) { dataSource }: Database) {
    const unknown = analyticsEntities.filter((entity) => !dataSource.hasMetadata(entity));
    if (unknown.length > 0) {
      throw new Error(
        `openDatabase was not given analyticsEntities: ${unknown.map(({ name }) => name).join(', ')} unknown`,
      );
    }
  }

  static forRoot(): DynamicModule {
    return { module: AnalyticsModule, controllers: [AnalyticsController] };
  }
}
