import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DATABASE, type Database } from '@loyalty/database';
import { CasesController } from './cases.controller.ts';
import { createFeedbackWriter, type FeedbackWriter, type FeedbackWriterOptions } from './feedback-writer.ts';
import { FeedbackController } from './feedback.controller.ts';
import { FEEDBACK_WRITER } from './tokens.ts';

@Module({})
export class FeedbackModule implements OnApplicationShutdown {
  constructor(@Inject(FEEDBACK_WRITER) private readonly writer: FeedbackWriter) {}

  static forRoot(options: FeedbackWriterOptions = {}): DynamicModule {
    return {
      module: FeedbackModule,
      controllers: [FeedbackController, CasesController],
      providers: [
        {
          provide: FEEDBACK_WRITER,
          inject: [DATABASE],
          useFactory: ({ pool }: Database) => createFeedbackWriter(pool, options),
        },
      ],
      exports: [FEEDBACK_WRITER],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.writer.close();
  }
}
