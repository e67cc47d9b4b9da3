import { isUtf8 } from 'node:buffer';
import { json, raw, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { BadInputError, BodyTooLargeError } from './problem.ts';

/** A purchase document is four deep. What works through a body calls itself for each level, and the stack ends. */
const DEEPEST = 64;
const MB = 1_048_576;
const SEND_FEWER = 'Send fewer at a time, import a file, or raise BODY_LIMIT_MB.';

/**
 * Reads JSON bodies up to a size, and refuses larger bodies of any kind before they are read where they say how large they are.
 * What is no JSON is bad input, told with the place where it stops being JSON.
 */
export function readBody(limit_mb: number): RequestHandler {
  const limit_bytes = limit_mb * MB;
  const type = ['application/json', 'application/*+json'];
  const parse = json({ limit: limit_bytes, strict: true, type, verify: assertUtf8 });
  return (request: Request, response: Response, next: NextFunction) => {
    if (declared(request) > limit_bytes) return next(new BodyTooLargeError(limit_bytes, SEND_FEWER));
    parse(request, response, (error?: unknown) => {
      if (error !== undefined) return next(told(error, limit_bytes, SEND_FEWER));
      if (isDeeper(request.body, DEEPEST)) return next(tooDeep());
      next();
    });
  };
}

/**
 * The bytes of a body that is no JSON, for handlers that take a file as it is; empty where there is none.
 * @param nextStep what to do where it is larger than `limit_bytes`
 * @throws {BodyTooLargeError} 413; the rest is read and thrown away, so that the answer arrives and the connection stays good
 */
export function readRaw(request: Request, limit_bytes: number, nextStep: string): Promise<Buffer> {
  if (declared(request) > limit_bytes) return Promise.reject(new BodyTooLargeError(limit_bytes, nextStep));
  const parse = raw({ limit: limit_bytes, type: () => true });
  return new Promise((resolve, reject) => {
    parse(request, request.res as Response, (error?: unknown) => {
      if (error !== undefined) return reject(told(error, limit_bytes, nextStep) as Error);
      resolve(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
    });
  });
}

/**
 * JSON that came by another way than HTTP, with the same limits and the same texts.
 * @throws {BadInputError} `invalid_utf8`, `malformed_json`, `nested_too_deep`
 */
export function jsonOfBytes(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw notUtf8();
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw malformed(error as Error);
  }
  if (isDeeper(value, DEEPEST)) throw tooDeep();
  return value;
}

function declared(request: Request): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** The parser would put U+FFFD in place of what is no UTF-8, and a name would be recorded mutilated. */
function assertUtf8(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (encoding.toLowerCase() === 'utf-8' && !isUtf8(body)) throw new Error('not UTF-8');
}

function isDeeper(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (levels === 0) return true;
  for (const key in value) if (isDeeper((value as Record<string, unknown>)[key], levels - 1)) return true;
  return false;
}

function tooDeep(): BadInputError {
  const message = `nested deeper than ${DEEPEST} levels`;
  return new BadInputError([{ pointer: '', message }], `The body is ${message}.`, 'nested_too_deep');
}

function told(error: unknown, limit_bytes: number, nextStep: string): unknown {
  if (!(error instanceof Error)) return error;
  switch ((error as { type?: unknown }).type) {
    case 'entity.too.large':
      return new BodyTooLargeError(limit_bytes, nextStep);
    case 'entity.parse.failed':
      return malformed(error);
    case 'entity.verify.failed':
      return notUtf8();
    default:
      return error;
  }
}

function notUtf8(): BadInputError {
  return new BadInputError([{ pointer: '', message: 'not UTF-8' }], 'The body is not UTF-8.', 'invalid_utf8');
}

/** Without the parser's excerpt of the body, which may hold anything. */
function malformed(error: Error): BadInputError {
  const place = /position \d+/.exec(error.message)?.[0];
  const message = `not JSON${place === undefined ? '' : ` at ${place}`}`;
  return new BadInputError([{ pointer: '', message }], `The body is ${message}.`, 'malformed_json');
}
