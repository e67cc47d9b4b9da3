import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';
import { HttpAnswer } from './http-answer.ts';

/** Writes status and headers of an `HttpAnswer`, so that controllers need no response object. */
@Injectable()
export class HttpAnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      map((result: unknown) => {
        if (!(result instanceof HttpAnswer)) return result;
        response.status(result.status).set(result.headers);
        return result.body;
      }),
    );
  }
}
