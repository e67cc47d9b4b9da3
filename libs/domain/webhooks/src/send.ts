import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { EpochMs } from '@loyalty/kernel';
import type { Sent } from './core/verdict.ts';
import { guardedLookup, targetProblem } from './target.ts';

export interface SenderOptions {
  /** Whether private networks and this machine may be sent to. @default false */
  readonly privateTargets?: boolean;
  /** From the first byte sent to the answer's headers. @default 15_000 */
  readonly timeout_ms?: number;
  /** Resolves names. @default the system's */
  readonly lookup?: LookupFunction;
}

export interface Message {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const TIMEOUT_MS = 15_000;
/** Idle connections kept to one receiver, and how long. */
const KEPT = { maxFreeSockets: 4, timeout: 30_000 };
/** Of an answer's body: it is of no interest, but reading a short one keeps the connection. */
const MOST_BODY_BYTES = 65_536;
const LONGEST_REASON = 300;

/** Sends signed messages by HTTP. Follows no redirects. Whoever made it closes it. */
export class Sender {
  readonly privateTargets: boolean;
  readonly timeout_ms: number;
  private readonly http: HttpAgent;
  private readonly https: HttpsAgent;

  constructor({ privateTargets = false, timeout_ms = TIMEOUT_MS, lookup }: SenderOptions = {}) {
    this.privateTargets = privateTargets;
    this.timeout_ms = timeout_ms;
    const options = { keepAlive: true, ...KEPT, lookup: guardedLookup(privateTargets, lookup) };
    this.http = new HttpAgent(options);
    this.https = new HttpsAgent(options);
  }

  /** One attempt. Rejects only when `signal` aborts; every other failure is an answer. */
  async send({ url, headers, body }: Message, now: () => EpochMs, signal: AbortSignal): Promise<Sent> {
    const began = performance.now();
    const sent = (status: number | null, reason: string | null, retryAfter_ms: number | null = null): Sent => {
      return { status, reason, retryAfter_ms, duration_ms: Math.round(performance.now() - began) };
    };
    // What was allowed when the webhook was made may not be any more.
    const problem = targetProblem(url, this.privateTargets);
    if (problem !== undefined) return sent(null, problem);
    const late = AbortSignal.timeout(this.timeout_ms);
    try {
      const response = await this.answered(new URL(url), headers, body, AbortSignal.any([signal, late]));
      discard(response);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return sent(status, null);
      return sent(status, reasonOf(status), retryAfter(response.headers['retry-after'], now()));
    } catch (error) {
      signal.throwIfAborted();
      if (late.aborted) return sent(null, `no answer in ${this.timeout_ms} ms`);
      return sent(null, failureOf(error).slice(0, LONGEST_REASON));
    }
  }

  close(): void {
    this.http.destroy();
    this.https.destroy();
  }

  private answered(url: URL, headers: Message['headers'], body: string, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:';
      const options = { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) }, signal };
      const request: ClientRequest = secure
        ? httpsRequest(url, { ...options, agent: this.https })
        : httpRequest(url, { ...options, agent: this.http });
      request.once('response', resolve);
      request.on('error', reject);
      request.end(body);
    });
  }
}

/** The status has decided; a body that is long or late must not hold the connection. */
function discard(response: IncomingMessage): void {
  let read = 0;
  response.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > MOST_BODY_BYTES) response.destroy();
  });
  // The request's own time limit still runs, and ends a body that stalls.
  response.on('error', () => undefined);
}

function reasonOf(status: number): string {
  if (status >= 300 && status < 400) return `answered ${status}: redirects are not followed, change the url instead`;
  return `answered ${status}`;
}

/** Names what failed without the URL: paths often hold tokens. */
function failureOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return failureOf(error.errors[0]);
  const { code, message } = error as { code?: string; message?: string };
  return message === undefined || message === '' ? (code ?? 'unknown failure') : message;
}

/** Seconds, or a date. */
function retryAfter(header: string | undefined, now: EpochMs): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
