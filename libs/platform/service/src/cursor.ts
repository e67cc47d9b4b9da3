import { hash } from 'node:crypto';
import { BadInputError } from './problem.ts';

/** A part of a cursor. bigint columns travel as text. */
export type CursorPart = string | number | null;

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Send it back as `cursor` for what follows; null when nothing does. */
  readonly next: string | null;
}

export const PAGE_LIMIT = { default: 50, max: 500 } as const;

/** Tells a cursor that was cut or mended by hand, whose parts would reach SQL as what they are not. No secret: it harms nobody to forge one. */
const DIGEST = 8;

/** An opaque cursor: where a page ended, by the list's own order. `list` binds it to its list. */
export function encodeCursor(list: string, parts: readonly CursorPart[]): string {
  const text = JSON.stringify([list, ...parts]);
  return Buffer.from(digestOf(text) + text).toString('base64url');
}

/**
 * The parts of a cursor that `encodeCursor` made for the same list.
 * @throws {BadInputError} for anything else
 */
export function decodeCursor(list: string, cursor: string, length: number): CursorPart[] {
  const parts = parse(cursor);
  if (parts?.length === length + 1 && parts[0] === list) return parts.slice(1);
  throw new BadInputError([
    { pointer: '/cursor', in: 'query', message: 'not a cursor of this list: send back what `next` gave' },
  ]);
}

function parse(cursor: string): CursorPart[] | undefined {
  try {
    const text = Buffer.from(cursor, 'base64url').toString('utf8');
    if (text.slice(0, DIGEST) !== digestOf(text.slice(DIGEST))) return undefined;
    const value: unknown = JSON.parse(text.slice(DIGEST));
    if (!Array.isArray(value)) return undefined;
    const known = value.every((part) => part === null || typeof part === 'string' || Number.isSafeInteger(part));
    return known ? (value as CursorPart[]) : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(text: string): string {
  return hash('sha256', text).slice(0, DIGEST);
}

/**
 * A page out of `limit + 1` rows: the row too many tells that something follows.
 * `at` gives where a row stands in the list's order.
 */
export function pageOf<Row, Item>(
  list: string,
  rows: readonly Row[],
  limit: number,
  { at, item }: { at(row: Row): readonly CursorPart[]; item(row: Row): Item },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    next: rows.length > limit && last !== undefined ? encodeCursor(list, at(last)) : null,
  };
}
