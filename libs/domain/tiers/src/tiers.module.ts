import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { Readiness } from '@loyalty/service';
import { MembersController } from './members.controller.ts';
import { ProgramsController } from './programs.controller.ts';
import { FALLBACK_PROGRAM } from './names.ts';
import { recordDefaultProgram } from './published-programs.ts';
import { publishShippedPrograms } from './publish-program.ts';
import { RatingsController } from './ratings.controller.ts';
import { pendingReratings, Rerating } from './rerating.ts';
import { createTiersWriter, type TiersWriter, type TiersWriterOptions } from './tiers-writer.ts';
import { TiersReactor } from './tiers.reactor.ts';
import { TIERS_WRITER } from './tokens.ts';

const DEFAULT_PROGRAM = Symbol('DEFAULT_PROGRAM');

@Module({})
export class TiersModule implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(DEFAULT_PROGRAM) private readonly defaultProgram: string,
    @Inject(TIERS_WRITER) private readonly writer: TiersWriter,
    @Inject(Rerating) private readonly rerating: Rerating,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  static forRoot(options: TiersWriterOptions = {}): DynamicModule {
    return {
      module: TiersModule,
      controllers: [MembersController, ProgramsController, RatingsController, TiersReactor],
      providers: [
        { provide: DEFAULT_PROGRAM, useValue: options.defaultProgram ?? FALLBACK_PROGRAM },
        {
          provide: TIERS_WRITER,
          inject: [DATABASE],
          useFactory: ({ pool }: Database) => createTiersWriter(pool, options),
        },
        {
          provide: Rerating,
          inject: [DATABASE, TIERS_WRITER],
          useFactory: ({ pool }: Database, writer: TiersWriter) => new Rerating(pool, writer),
        },
      ],
      exports: [TIERS_WRITER, Rerating],
    };
  }

  /** Before anything is followed, so that nothing is rated only to be rated again. */
  async onModuleInit(): Promise<void> {
    await recordDefaultProgram(this.database.pool, this.defaultProgram);
    await publishShippedPrograms(this.writer);
  }

  /** Takes up what an earlier process left. While it fails, health is degraded and `verify` finds ratings that are not up to date. */
  onApplicationBootstrap(): void {
    this.readiness.add('tiers rerating', async () => {
      const pendingShards = (await pendingReratings(this.database.pool)).length;
      return { pendingShards, ...(this.rerating.trouble !== null && { degraded: this.rerating.trouble }) };
    });
    this.rerating.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rerating.stop();
    await this.writer.close();
  }
}
