import { Controller, Get, HttpException, Inject } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorFunction,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { DATABASE, type Database } from '@loyalty/database';
import { Operation } from './documented.ts';
import { HttpAnswer } from './http-answer.ts';
import { inTime, LateError } from './in-time.ts';
import { NotReadyError, Readiness, type ReadinessCheck } from './readiness.ts';
import { Public } from './scopes.ts';

/** A check that does not answer in this time counts as failed: a hanging database must not make health hang. */
const TIMEOUT_MS = 3_000;

/** The only routes that answer without a key. They name parts and counts, never members. */
@Public()
@Controller('health')
export class HealthController {
  private readonly health: HealthCheckService;
  private readonly indicators: HealthIndicatorService;
  private readonly readiness: Readiness;
  private readonly database: Database;

  constructor(
    health: HealthCheckService,
    indicators: HealthIndicatorService,
    readiness: Readiness,
    @Inject(DATABASE) database: Database,
  ) {
    this.health = health;
    this.indicators = indicators;
    this.readiness = readiness;
    this.database = database;
  }

  @Get('live')
  @Operation({ summary: 'Whether the process runs', answers: { 200: 'It does' } })
  live(): { status: string } {
    return { status: 'ok' };
  }

  @Get('ready')
  @Operation({
    summary: 'Whether it can do its work now',
    description:
      'The database answers, the writers take commands, no consumer has stopped. Parked events are shown; they do not make a service unready.',
    answers: { 200: 'Ready', 503: 'Not ready; the part at fault says why' },
  })
  async ready(): Promise<HttpAnswer<HealthCheckResult>> {
    const checks = [
      this.ask('database', () => this.askDatabase()),
      ...[...this.readiness.checks].map(([name, check]) => this.ask(name, check)),
    ];
    if (this.readiness.stopping) checks.push(() => this.indicators.check('process').down('stopping'));
    try {
      return new HttpAnswer(200, await this.health.check(checks));
    } catch (error) {
      // Terminus throws what it found as an HTTP exception. It is the answer here, not a problem.
      if (!(error instanceof HttpException)) throw error;
      return new HttpAnswer(error.getStatus(), error.getResponse() as HealthCheckResult);
    }
  }

  private ask(name: string, check: ReadinessCheck): HealthIndicatorFunction {
    const indicator = this.indicators.check(name);
    return async (): Promise<HealthIndicatorResult> => {
      try {
        return indicator.up({ ...(await inTime(Promise.resolve(check()), TIMEOUT_MS)) });
      } catch (error) {
        const figures = error instanceof NotReadyError ? error.figures : {};
        const told = error instanceof NotReadyError || error instanceof LateError;
        return indicator.down({ ...figures, message: told ? error.message : 'unreachable' });
      }
    };
  }

  private async askDatabase(): Promise<Record<string, never>> {
    await this.database.pool.query('SELECT 1');
    return {};
  }
}
