import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ForbiddenError, UnauthenticatedError } from './problem.ts';
import { holds, PUBLIC, SCOPES, type Scope } from './scopes.ts';

/** A handler answers to keys that hold its scopes. One without scopes answers to `*` only: forgetting them must not open a door. */
@Injectable()
export class ScopesGuard implements CanActivate {
  private readonly reflector: Reflector;

  constructor(reflector: Reflector) {
    this.reflector = reflector;
  }

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, places)) return true;
    const { apiKey } = context.switchToHttp().getRequest<Request>();
    if (!apiKey)
      throw new UnauthenticatedError('Send an API key: `Authorization: Bearer <key>` or `X-Api-Key: <key>`.');
    const needed = this.reflector.getAllAndOverride<Scope[] | undefined>(SCOPES, places) ?? ['*'];
    const missing = needed.filter((scope) => !holds(apiKey.scopes, scope));
    if (missing.length > 0) throw new ForbiddenError(`The key "${apiKey.name}" lacks the scope ${missing.join(', ')}.`);
    return true;
  }
}
