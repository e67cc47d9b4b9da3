import { HttpException } from '@nestjs/common';
import { ProblemError, type Problem } from './problem.ts';

export interface Told {
  readonly problem: Problem;
  readonly retryAfter_s: number | undefined;
}

/** Faults of other layers that pass by themselves, by the error's name: retryable, 503. */
const PASSING = new Map<string, string>([
  ['QueueFullError', 'queue_full'],
  ['WriterClosedError', 'shutting_down'],
  ['StoreUnavailableError', 'database_unavailable'],
  ['ClockBehindError', 'clock_behind'],
]);

/** Of PostgreSQL and of the network. 08 connection, 40 rolled back (deadlock, serialisation), 53 resources, 57P server going or gone. */
const PASSING_CODE =
  /^(08|40|53|57P)\w+$|^E(CONN(REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN)$/;
const DISK_FULL = '53100';
/** What pg says of a connection that went away or could not be had, without a code. */
const LOST =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;

const CODES: Readonly<Record<number, readonly [code: string, title: string]>> = {
  400: ['bad_input', 'Bad input'],
  401: ['unauthenticated', 'No valid API key'],
  403: ['scope_missing', 'Not allowed'],
  404: ['not_found', 'Not found'],
  405: ['method_not_allowed', 'Method not allowed'],
  409: ['conflict', 'Conflict'],
  413: ['body_too_large', 'Body too large'],
  415: ['unsupported_media_type', 'Unsupported media type'],
  429: ['too_many_requests', 'Too many requests'],
};

/** What a caller may know of a failure. Nothing of an unexpected one: no message, no stack. */
export function problemOf(error: unknown, request?: string): Told {
  if (error instanceof ProblemError) return { problem: error.problem(request), retryAfter_s: error.retryAfter };
  const passing = passingCode(error);
  if (passing !== undefined) {
    return {
      problem: problem(
        503,
        passing,
        'Try again later',
        'The service cannot do this right now; the same request may be sent again.',
        request,
      ),
      retryAfter_s: retryAfter(error),
    };
  }
  const client = clientError(error);
  if (client) {
    const [code, title] = CODES[client.status] ?? ['bad_request', 'Bad request'];
    return {
      problem: problem(client.status, client.code ?? code, title, client.detail, request),
      retryAfter_s: undefined,
    };
  }
  return {
    problem: problem(
      500,
      'internal_error',
      'Internal error',
      'Something went wrong on our side; the request id names it in the logs.',
      request,
    ),
    retryAfter_s: undefined,
  };
}

function problem(status: number, code: string, title: string, detail: string, request: string | undefined): Problem {
  return {
    type: `urn:loyalty:problem:${code}`,
    title,
    status,
    code,
    detail,
    ...(request !== undefined && { request }),
  };
}

function passingCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (code === DISK_FULL) return 'disk_full';
  const lost = (typeof code === 'string' && PASSING_CODE.test(code)) || LOST.test(error.message);
  return PASSING.get(error.name) ?? (lost ? 'database_unavailable' : undefined);
}

function retryAfter(error: unknown): number {
  const seconds = (error as { retryAfterSeconds?: unknown }).retryAfterSeconds;
  return typeof seconds === 'number' ? seconds : 1;
}

interface ClientError {
  readonly status: number;
  readonly code?: string;
  readonly detail: string;
}

/** 4xx of Nest (unknown route, wrong method) and of the body parser (unknown charset). */
function clientError(error: unknown): ClientError | undefined {
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return status < 500 ? { status, detail: error.message } : undefined;
  }
  if (!(error instanceof Error) || !('expose' in error) || !('status' in error)) return undefined;
  const { status } = error as Error & { status: unknown };
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  return { status, detail: error.message };
}
