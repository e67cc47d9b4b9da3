import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { Readiness } from '@loyalty/service';
import { AccountsController } from './accounts.controller.ts';
import { ApprovalsController } from './approvals.controller.ts';
import { readTransfers } from './arrivals.ts';
import { Bookings } from './bookings.ts';
import { CommitSignal } from './commit-signal.ts';
import { Courier } from './courier.ts';
import { EntriesController } from './explain/entries.controller.ts';
import { noRatings, type RatingsLookup } from './explain/ratings-lookup.ts';
import { pointsEntities } from './points-entities.ts';
import { PointsController } from './points.controller.ts';
import { PointsReactor } from './points.reactor.ts';
import { createPointsWriter, POINTS_SCHEMA, type PointsWriter, type PointsWriterOptions } from './points-writer.ts';
import { ProofController } from './proof.controller.ts';
import { RewardDesk } from './reward-desk.ts';
import { RewardsController } from './rewards.controller.ts';
import { SpendingController } from './spending.controller.ts';
import { StatementController } from './statement/statement.controller.ts';
import { TimelineController } from './timeline/timeline.controller.ts';
import { Sweeper } from './sweeper.ts';
import { POINTS_WRITER, RATINGS_LOOKUP } from './tokens.ts';

export interface PointsModuleOptions extends PointsWriterOptions {
  /** Between two sweeps; 0 = never. @default 60_000 ms */
  readonly sweepMs?: number;
  /** How explanations learn what the tier engine said. @default they name its route */
  readonly ratings?: (database: Database) => RatingsLookup;
}

@Module({})
export class PointsModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(POINTS_WRITER) private readonly writer: PointsWriter,
    @Inject(CommitSignal) private readonly signal: CommitSignal,
    @Inject(Sweeper) private readonly sweeper: Sweeper,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {
    const unknown = pointsEntities.filter((entity) => !database.dataSource.hasMetadata(entity));
    if (unknown.length > 0)
      throw new Error(
        `openDatabase was not given pointsEntities: ${unknown.map(({ name }) => name).join(', ')} unknown`,
      );
  }

  static forRoot({ sweepMs = 60_000, ratings = () => noRatings, ...options }: PointsModuleOptions = {}): DynamicModule {
    return {
      module: PointsModule,
      controllers: [
        PointsController,
        SpendingController,
        RewardsController,
        ApprovalsController,
        AccountsController,
        EntriesController,
        StatementController,
        TimelineController,
        ProofController,
        PointsReactor,
      ],
      providers: [
        { provide: RATINGS_LOOKUP, inject: [DATABASE], useFactory: ratings },
        {
          provide: POINTS_WRITER,
          inject: [DATABASE],
          useFactory: ({ pool }: Database) => createPointsWriter(pool, options),
        },
        {
          provide: CommitSignal,
          inject: [DATABASE, POINTS_WRITER],
          useFactory: ({ pool }: Database, writer: PointsWriter) => new CommitSignal(pool, POINTS_SCHEMA, writer),
        },
        { provide: Bookings, inject: [DATABASE], useFactory: ({ pool }: Database) => new Bookings(pool) },
        {
          provide: Courier,
          inject: [DATABASE, POINTS_WRITER],
          useFactory: ({ pool }: Database, writer: PointsWriter) => new Courier(pool, writer),
        },
        {
          provide: RewardDesk,
          inject: [DATABASE, POINTS_WRITER, CommitSignal],
          useFactory: ({ pool }: Database, writer: PointsWriter, signal: CommitSignal) =>
            new RewardDesk(pool, writer, signal),
        },
        {
          provide: Sweeper,
          inject: [DATABASE, POINTS_WRITER],
          useFactory: ({ pool }: Database, writer: PointsWriter) => new Sweeper(pool, writer, sweepMs),
        },
      ],
      exports: [POINTS_WRITER],
    };
  }

  onApplicationBootstrap(): void {
    this.readiness.add('transfers', async () => {
      const shards = await readTransfers(this.database.pool);
      return {
        underWay: shards.reduce((sum, { underWay }) => sum + underWay, 0),
        parked: shards.reduce((sum, { parked }) => sum + parked, 0),
      };
    });
    this.sweeper.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.signal.close();
    await this.sweeper.close();
    await this.writer.close();
  }
}
