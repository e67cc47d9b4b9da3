import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import pino, { type Logger } from 'pino';
import { pinoHttp, type HttpLogger } from 'pino-http';
import type { Environment } from './environment.ts';

/** Ids a caller may choose for a request: they stand in logs, so nothing but plain characters. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,100}$/;

/** Structured logs on standard error: standard output belongs to answers. */
export async function createLogger(
  environment: Pick<Environment, 'LOG_LEVEL' | 'LOG_FORMAT'>,
  name: string,
): Promise<Logger> {
  const { LOG_FORMAT, LOG_LEVEL } = environment;
  const options = {
    name,
    level: LOG_LEVEL,
    base: { name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    // A key must not reach a log by any path; bodies and texts are never logged in the first place.
    redact: ['req.headers', 'headers', 'key', 'authorization'],
  };
  const pretty = LOG_FORMAT === 'pretty' || (LOG_FORMAT === 'auto' && process.stderr.isTTY);
  if (!pretty) return pino(options, pino.destination({ fd: 2, sync: true }));
  const { default: prettyStream } = await import('pino-pretty');
  return pino(
    options,
    prettyStream({
      destination: 2,
      sync: true,
      colorize: process.stderr.isTTY,
      ignore: 'pid,name,context,req,res',
      messageFormat: '{if context}[{context}] {end}{msg}',
    }),
  );
}

/**
 * One line a request: method, path without its query, status, duration. Member ids are opaque, but queries are free text,
 * and neither headers nor bodies are any of the log's business.
 */
export function requestLogger(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    genReqId,
    quietReqLogger: true,
    customLogLevel: (request, response) =>
      response.statusCode >= 500 ? 'error' : request.url?.startsWith('/health') ? 'trace' : 'debug',
    customSuccessMessage: (request, response, ms) =>
      `${request.method} ${path(request)} ${response.statusCode} ${ms} ms`,
    customErrorMessage: (request, response) => `${request.method} ${path(request)} ${response.statusCode}`,
    serializers: {
      req: (request: { id: unknown; method: unknown; url: string }) => ({
        id: request.id,
        method: request.method,
        path: request.url.split('?')[0],
      }),
      res: (response: { statusCode: unknown }) => ({ status: response.statusCode }),
    },
  });
}

function path(request: IncomingMessage & { originalUrl?: string }): string {
  return (request.originalUrl ?? request.url ?? '').split('?')[0] ?? '';
}

function genReqId(request: IncomingMessage, response: ServerResponse): string {
  const sent = request.headers['x-request-id'];
  const id = typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
  response.setHeader('X-Request-Id', id);
  return id;
}
