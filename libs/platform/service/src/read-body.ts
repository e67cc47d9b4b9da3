import { isUtf8 } from 'node:buffer';
import { json, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { BadInputError } from './problem.ts';

/** A purchase document is four deep. What works through a body calls itself for each level, and the stack ends. */
const DEEPEST = 64;

/** Reads JSON bodies up to a size. What is no JSON is bad input, told with the place where it stops being JSON. */
export function readBody(limit_mb: number): RequestHandler {
  const type = ['application/json', 'application/*+json'];
  const parse = json({ limit: `${limit_mb}mb`, strict: true, type, verify: assertUtf8 });
  return (request: Request, response: Response, next: NextFunction) =>
    parse(request, response, (error?: unknown) => {
      if (error !== undefined) return next(told(error));
      if (isDeeper(request.body, DEEPEST)) return next(tooDeep());
      next();
    });
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

function told(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type } = error as { type?: unknown };
  if (type === 'entity.parse.failed') return malformed(error);
  if (type !== 'entity.verify.failed') return error;
  return new BadInputError([{ pointer: '', message: 'not UTF-8' }], 'The body is not UTF-8.', 'invalid_utf8');
}

/** Without the parser's excerpt of the body, which may hold anything. */
function malformed(error: Error): BadInputError {
  const place = /position \d+/.exec(error.message)?.[0];
  const message = `not JSON${place === undefined ? '' : ` at ${place}`}`;
  return new BadInputError([{ pointer: '', message }], `The body is ${message}.`, 'malformed_json');
}
