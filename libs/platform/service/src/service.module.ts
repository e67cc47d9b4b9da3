import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { DATABASE, type Database } from '@loyalty/database';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { AppLogger } from './app-logger.ts';
import { ConnectionCloser } from './connection-closer.ts';
import { Environment } from './environment.ts';
import { HealthController } from './health.controller.ts';
import { HttpAnswerInterceptor } from './http-answer.interceptor.ts';
import { ProblemFilter } from './problem.filter.ts';
import { Readiness } from './readiness.ts';
import { ScopesGuard } from './scopes.guard.ts';
import { ProblemValidationPipe } from './validation.ts';

export interface ServiceOptions {
  readonly environment: Environment;
  readonly database: Database;
  readonly logger: Logger;
}

/**
 * What every service has in common: `Environment`, `DATABASE` and `Readiness` to inject anywhere, health, logs, and one way to
 * check input, keys and scopes and to tell problems. Opens and closes nothing itself.
 */
@Global()
@Module({})
export class ServiceModule {
  static forRoot({ environment, database, logger }: ServiceOptions): DynamicModule {
    return {
      module: ServiceModule,
      imports: [
        TerminusModule.forRoot({ logger: false }),
        LoggerModule.forRoot({ pinoHttp: { logger }, useExisting: true }),
      ],
      controllers: [HealthController],
      providers: [
        AppLogger,
        Readiness,
        ConnectionCloser,
        { provide: Environment, useValue: environment },
        { provide: DATABASE, useValue: database },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: ScopesGuard },
        { provide: APP_INTERCEPTOR, useClass: HttpAnswerInterceptor },
        { provide: APP_PIPE, useClass: ProblemValidationPipe },
      ],
      exports: [Readiness, Environment, DATABASE],
    };
  }
}
