import { createHash } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { LRUCache } from 'lru-cache';
import type { ApiKey, KeyStore } from './api-keys.ts';
import { UnauthenticatedError } from './problem.ts';

/** How long a process believes what it last heard of a key: a revoked key works this much longer. */
const BELIEVE_MS = 5_000;

declare module 'express-serve-static-core' {
  interface Request {
    /** Who asks; absent on public routes only. */
    apiKey?: ApiKey;
  }
}

/**
 * Stops every request without a valid key before anything reads its body. Stands before the router, so that nothing that is
 * mounted beside Nest's controllers (the documentation's pages) can be forgotten.
 * Basic authentication (any user, the key as password) is there for browsers, which can send nothing else.
 */
export function authenticate(keys: KeyStore, isPublic: (path: string) => boolean): RequestHandler {
  const known = new LRUCache<string, { readonly key: ApiKey | undefined }>({ max: 10_000, ttl: BELIEVE_MS });
  const find = async (secret: string): Promise<ApiKey | undefined> => {
    const hash = createHash('sha256').update(secret).digest('base64');
    let found = known.get(hash);
    if (!found) known.set(hash, (found = { key: await keys.find(secret) }));
    return found.key;
  };
  const check = async (request: Request): Promise<void> => {
    const secret = secretOf(request);
    if (secret === undefined)
      throw new UnauthenticatedError('Send an API key: `Authorization: Bearer <key>` or `X-Api-Key: <key>`.');
    const key = await find(secret);
    if (!key) throw new UnauthenticatedError('This API key is not known or was revoked.');
    request.apiKey = key;
  };
  return (request: Request, _: Response, next: NextFunction) => {
    if (isPublic(request.path)) return next();
    check(request).then(() => next(), next);
  };
}

function secretOf(request: Request): string | undefined {
  const header = request.get('x-api-key');
  if (header) return header;
  const [scheme, value] = request.get('authorization')?.split(' ', 2) ?? [];
  if (value === undefined) return undefined;
  if (scheme?.toLowerCase() === 'bearer') return value;
  if (scheme?.toLowerCase() !== 'basic') return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}
