import type { Refusal } from '@loyalty/kernel';

/** One field at fault. */
export interface FieldProblem {
  /** JSON pointer into the body (`/lines/0/quantity`), or `/name` of a parameter. */
  readonly pointer: string;
  readonly message: string;
  /** Where the field was sent. @default 'body' */
  readonly in?: 'body' | 'query' | 'path' | 'header';
}

/** RFC 9457 `application/problem+json`, with a stable `code` to program against. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Stable, snake_case: `insufficient_points`. Texts may change, codes do not. */
  readonly code: string;
  readonly detail?: string;
  readonly errors?: readonly FieldProblem[];
  readonly details?: Refusal['details'];
  /** Names this request in the logs. */
  readonly request?: string;
}

/** An answer that is not the one hoped for. The problem filter writes it out; nothing else of it leaves the process. */
export abstract class ProblemError extends Error {
  abstract readonly status: number;
  abstract readonly title: string;
  abstract readonly code: string;
  /** Seconds after which to try again, where that helps. */
  readonly retryAfter: number | undefined = undefined;
  readonly errors: readonly FieldProblem[] | undefined = undefined;
  readonly details: Refusal['details'] = undefined;

  problem(request?: string): Problem {
    return {
      type: `urn:loyalty:problem:${this.code}`,
      title: this.title,
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(this.errors && { errors: this.errors }),
      ...(this.details && { details: this.details }),
      ...(request !== undefined && { request }),
    };
  }
}

/** A rule said no: 422. A retry under the same key gets the same refusal. */
export class RefusalError extends ProblemError {
  override readonly name = 'RefusalError';
  readonly status = 422;
  readonly title = 'Refused';
  readonly code: string;
  readonly refusal: Refusal;
  override readonly errors: readonly FieldProblem[] | undefined;
  override readonly details: Refusal['details'];

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
    this.code = refusal.code;
    this.details = refusal.details;
    this.errors = refusal.pointer === undefined ? undefined : [{ pointer: refusal.pointer, message: refusal.message }];
  }
}

/** The key was used before with another body: 409. */
export class ConflictError extends ProblemError {
  override readonly name = 'ConflictError';
  readonly status = 409;
  readonly title = 'Conflict';
  readonly code: string;

  constructor(message = 'This key was used before with another body.', code = 'key_reused') {
    super(message);
    this.code = code;
  }
}

/** More are not told: 20,000 bad lines made an answer of 13 MB. */
const MOST_ERRORS = 20;

/** What was sent cannot be understood: 400. Not kept under the key, so a corrected request may use it again. */
export class BadInputError extends ProblemError {
  override readonly name = 'BadInputError';
  readonly status = 400;
  readonly title = 'Bad input';
  readonly code: string;
  override readonly errors: readonly FieldProblem[];

  constructor(errors: readonly FieldProblem[], message?: string, code = 'bad_input') {
    const told = errors.slice(0, MOST_ERRORS);
    const more = errors.length > told.length ? `; and ${errors.length - told.length} more` : '';
    super(message ?? told.map((e) => `${e.pointer}: ${e.message}`).join('; ') + more);
    this.errors = told;
    this.code = code;
  }
}

/** A body of more bytes than are taken: 413, with the limit. */
export class BodyTooLargeError extends ProblemError {
  override readonly name = 'BodyTooLargeError';
  readonly status = 413;
  readonly title = 'Body too large';
  readonly code = 'body_too_large';
  override readonly details: Refusal['details'];

  constructor(limit_bytes: number, nextStep: string) {
    super(`The body is larger than ${limit_bytes} bytes, the most that is taken here. ${nextStep}`);
    this.details = { limit: limit_bytes };
  }
}

/** There is no such thing: 404. */
export class NotFoundError extends ProblemError {
  override readonly name = 'NotFoundError';
  readonly status = 404;
  readonly title = 'Not found';
  readonly code: string;

  constructor(message: string, code = 'not_found') {
    super(message);
    this.code = code;
  }
}

/** No key, or none that is known: 401. */
export class UnauthenticatedError extends ProblemError {
  override readonly name = 'UnauthenticatedError';
  readonly status = 401;
  readonly title = 'No valid API key';
  readonly code = 'unauthenticated';
}

/** The key does not hold the scope: 403. */
export class ForbiddenError extends ProblemError {
  override readonly name = 'ForbiddenError';
  readonly status = 403;
  readonly title = 'Not allowed';
  readonly code = 'scope_missing';
}

/** More requests than one key may make: 429 with `Retry-After`. */
export class TooManyRequestsError extends ProblemError {
  override readonly name = 'TooManyRequestsError';
  readonly status = 429;
  readonly title = 'Too many requests';
  readonly code = 'too_many_requests';
  override readonly retryAfter: number;
  override readonly details: Refusal['details'];

  constructor(key: string, limitPerMinute: number, retryAfter_s: number) {
    super(
      `The key "${key}" may make ${limitPerMinute} requests a minute: wait ${retryAfter_s} s, and send many documents in one batch.`,
    );
    this.retryAfter = retryAfter_s;
    this.details = { limit: limitPerMinute };
  }
}

/** Try again later: 503 with `Retry-After`. */
export class UnavailableError extends ProblemError {
  override readonly name = 'UnavailableError';
  readonly status = 503;
  readonly title = 'Try again later';
  readonly code: string;
  override readonly retryAfter: number;

  constructor(message: string, code = 'unavailable', retryAfter_s = 1) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter_s;
  }
}
