import { Inject, Logger, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { AnalyticsController } from './analytics.controller.ts';
import { setReportingZone } from './reporting-zone.ts';
import { analyticsEntities } from './views/index.ts';

export interface AnalyticsModuleOptions {
  /** Recorded at start as the time zone in which business days begin. @default what is recorded */
  readonly reportingZone?: string | undefined;
}

const OPTIONS = Symbol('analytics options');

@Module({})
export class AnalyticsModule implements OnModuleInit {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(OPTIONS) private readonly options: AnalyticsModuleOptions,
  ) {
    const unknown = analyticsEntities.filter((entity) => !database.dataSource.hasMetadata(entity));
    if (unknown.length > 0) {
      throw new Error(
        `openDatabase was not given analyticsEntities: ${unknown.map(({ name }) => name).join(', ')} unknown`,
      );
    }
  }

  async onModuleInit(): Promise<void> {
    const { reportingZone } = this.options;
    if (reportingZone !== undefined) await setReportingZone(this.database.pool, reportingZone);
    // The analysts' role may have been made since the views were.
    const { rows } = await this.database.pool.query<{ granted: boolean }>(
      'SELECT analytics.grant_analyst() AS granted',
    );
    if (rows[0]?.granted) return;
    new Logger('analytics').warn(
      'There is no role loyalty_analyst, and this user may not create one: have CREATE ROLE loyalty_analyst NOLOGIN run, then start again.',
    );
  }

  static forRoot(options: AnalyticsModuleOptions = {}): DynamicModule {
    return {
      module: AnalyticsModule,
      controllers: [AnalyticsController],
      providers: [{ provide: OPTIONS, useValue: options }],
    };
  }
}
