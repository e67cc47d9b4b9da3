import {
  Inject,
  Module,
  Optional,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { Readiness } from '@loyalty/service';
import { countWaiting } from './dead-letters/dead-letter.ts';
import { DeadLettersController } from './dead-letters/dead-letters.controller.ts';
import { Inbound, type InboundOptions } from './inbound/inbound.ts';
import { watchWaiting } from './inbound/metrics.ts';
import { createPurchasesWriter, type PurchasesWriter, type PurchasesWriterOptions } from './purchases-writer.ts';
import { PurchasesController } from './purchases.controller.ts';
import { PURCHASES_WRITER } from './tokens.ts';

export interface PurchasesModuleOptions extends PurchasesWriterOptions {
  /** The retailer's topic. @default none */
  readonly inbound?: InboundOptions | undefined;
}

@Module({})
export class PurchasesModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private unwatch: () => void = () => undefined;

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(PURCHASES_WRITER) private readonly writer: PurchasesWriter,
    @Inject(Readiness) private readonly readiness: Readiness,
    @Optional() @Inject(Inbound) private readonly inbound?: Inbound,
  ) {}

  static forRoot({ inbound, ...options }: PurchasesModuleOptions = {}): DynamicModule {
    const taking = inbound && {
      provide: Inbound,
      inject: [DATABASE, PURCHASES_WRITER],
      useFactory: ({ pool }: Database, writer: PurchasesWriter) => new Inbound({ pool, writer }, inbound),
    };
    return {
      module: PurchasesModule,
      controllers: [PurchasesController, DeadLettersController],
      providers: [
        {
          provide: PURCHASES_WRITER,
          inject: [DATABASE],
          useFactory: ({ pool }: Database) => createPurchasesWriter(pool, options),
        },
        ...(taking ? [taking] : []),
      ],
      exports: [PURCHASES_WRITER],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    const { inbound, database } = this;
    if (inbound === undefined) return;
    this.readiness.add('inbound purchases', async () => {
      const { waiting: deadLetters, tooEarly, lost } = await countWaiting(database.pool);
      return { ...(await inbound.figures()), deadLetters, tooEarly, lost };
    });
    this.unwatch = watchWaiting(async () => (await countWaiting(database.pool)).waiting);
    await inbound.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.unwatch();
    await this.inbound?.close();
    await this.writer.close();
  }
}
