import { Inject, Logger, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { AnalyticsController } from './analytics.controller.ts';
import { analyticsEntities } from './views/index.ts';

@Module({})
export class AnalyticsModule implements OnModuleInit {
  constructor(@Inject(DATABASE) private readonly database: Database) {
    const unknown = analyticsEntities.filter((entity) => !database.dataSource.hasMetadata(entity));
    if (unknown.length > 0) {
      throw new Error(
        `openDatabase was not given analyticsEntities: ${unknown.map(({ name }) => name).join(', ')} unknown`,
      );
    }
  }

  /** The analysts' role may have been made since the views were. */
  async onModuleInit(): Promise<void> {
    const { rows } = await this.database.pool.query<{ granted: boolean }>(
      'SELECT analytics.grant_analyst() AS granted',
    );
    if (rows[0]?.granted) return;
    new Logger('analytics').warn(
      'There is no role loyalty_analyst, and this user may not create one: have CREATE ROLE loyalty_analyst NOLOGIN run, then start again.',
    );
  }

  static forRoot(): DynamicModule {
    return { module: AnalyticsModule, controllers: [AnalyticsController] };
  }
}
