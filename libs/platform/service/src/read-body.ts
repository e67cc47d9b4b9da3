import { json, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { BadInputError } from './problem.ts';

/** Reads JSON bodies up to a size. What is no JSON is bad input, told with the place where it stops being JSON. */
export function readBody(limit_mb: number): RequestHandler {
  const parse = json({ limit: `${limit_mb}mb`, strict: true, type: ['application/json', 'application/*+json'] });
  return (request: Request, response: Response, next: NextFunction) =>
    parse(request, response, (error?: unknown) => next(isMalformed(error) ? malformed(error) : error));
}

function isMalformed(error: unknown): error is Error {
  return error instanceof Error && (error as { type?: unknown }).type === 'entity.parse.failed';
}

/** Without the parser's excerpt of the body, which may hold anything. */
function malformed(error: Error): BadInputError {
  const place = /position \d+/.exec(error.message)?.[0];
  const message = `not JSON${place === undefined ? '' : ` at ${place}`}`;
  return new BadInputError([{ pointer: '', message }], `The body is ${message}.`, 'malformed_json');
}
