import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/** What a key may do, `<area>:<action>`: `purchases:write`, `points:read`. `points:*` is all of an area, `*` everything. */
export type Scope = string;

export const SCOPES = Symbol('scopes');
export const PUBLIC = Symbol('public');

/** On a controller or handler: the key must hold every one of these. A handler without it answers only to keys with `*`. */
export const Scopes = (...scopes: Scope[]): CustomDecorator<symbol> => SetMetadata(SCOPES, scopes);

/** Health only: everything else needs a key. */
export const Public = (): CustomDecorator<symbol> => SetMetadata(PUBLIC, true);

/** Whether a key that holds `held` may do `needed`. */
export function holds(held: readonly Scope[], needed: Scope): boolean {
  const area = needed.slice(0, needed.indexOf(':'));
  return held.includes('*') || held.includes(needed) || held.includes(`${area}:*`);
}
