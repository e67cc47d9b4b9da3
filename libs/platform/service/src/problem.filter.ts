import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { problemOf } from './problem-of.ts';

/** Every failure of HTTP leaves as `application/problem+json`; what went wrong inside goes to the log only. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const http = host.switchToHttp();
    const request = http.getRequest<Request & { id?: string }>();
    const response = http.getResponse<Response>();
    const { problem, retryAfter_s } = problemOf(error, request.id);
    if (problem.status >= 500) this.tell(problem.code, error, retryAfter_s !== undefined);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (retryAfter_s !== undefined) response.set('Retry-After', String(retryAfter_s));
    if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer, Basic realm="loyalty"');
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }

  /** What passes by itself comes in thousands when it comes: a line each, without its stack. */
  private tell(code: string, error: unknown, passing: boolean): void {
    if (passing) this.logger.warn({ reason: error instanceof Error ? error.message : undefined }, code);
    else this.logger.error(error, code);
  }
}
