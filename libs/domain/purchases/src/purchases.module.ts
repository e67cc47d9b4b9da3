import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { createPurchasesWriter, type PurchasesWriter, type PurchasesWriterOptions } from './purchases-writer.ts';
import { PurchasesController } from './purchases.controller.ts';
import { PURCHASES_WRITER } from './tokens.ts';

@Module({})
export class PurchasesModule implements OnApplicationShutdown {
  constructor(@Inject(PURCHASES_WRITER) private readonly writer: PurchasesWriter) {}

  static forRoot(options: PurchasesWriterOptions = {}): DynamicModule {
    return {
      module: PurchasesModule,
      controllers: [PurchasesController],
      providers: [
        {
          provide: PURCHASES_WRITER,
          inject: [DATABASE],
          useFactory: ({ pool }: Database) => createPurchasesWriter(pool, options),
        },
      ],
      exports: [PURCHASES_WRITER],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.writer.close();
  }
}
