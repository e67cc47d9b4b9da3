import type { LogPosition, Refusal } from '@loyalty/kernel';
import { ConflictError, RefusalError } from './problem.ts';

/** What became of a command; the shape a writer gives. */
export type Answered<Answer> =
  | {
      readonly kind: 'accepted';
      readonly answer: Answer;
      readonly position?: LogPosition | null;
      readonly replayed: boolean;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly replayed?: boolean }
  | { readonly kind: 'conflict' };

/** A body with its status and headers: return it from a controller, the answer interceptor writes it out. */
export class HttpAnswer<Body = unknown> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: Body, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/**
 * The HTTP answer to a command: 201 when it was done now, 200 with `Idempotency-Replayed: true` when it had been done before.
 * `Loyalty-Position` says where in the log its last event stands.
 * @throws {RefusalError} 422 when a rule said no
 * @throws {ConflictError} 409 when the key was used before with another body
 */
export function toHttp<Answer>(
  outcome: Answered<Answer>,
  status: { created?: number; replayed?: number } = {},
): HttpAnswer<Answer> {
  switch (outcome.kind) {
    case 'accepted': {
      const headers: Record<string, string> = {};
      if (outcome.position) headers['Loyalty-Position'] = `${outcome.position.shard}/${outcome.position.position}`;
      if (outcome.replayed) headers['Idempotency-Replayed'] = 'true';
      return new HttpAnswer(
        outcome.replayed ? (status.replayed ?? 200) : (status.created ?? 201),
        outcome.answer,
        headers,
      );
    }
    case 'refused':
      throw new RefusalError(outcome.refusal);
    case 'conflict':
      throw new ConflictError();
  }
}
