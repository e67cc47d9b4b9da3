import { hash } from 'node:crypto';
import { BadInputError } from './problem.ts';

/** A part of a cursor. */
export type CursorPart = string | number;

/**
 * What a part is, so that nothing else reaches SQL in its place.
 * position: of an event; instant: PostgreSQL's own text in UTC; day: `2026-06-30`; decimal: of a numeric column.
 */
export type CursorKind = 'text' | 'position' | 'instant' | 'day' | 'decimal';

type PartsOf<Kinds extends readonly CursorKind[]> = {
  -readonly [I in keyof Kinds]: Kinds[I] extends 'position' ? number : string;
};

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Send it back as `cursor` for what follows; null when nothing does. */
  readonly next: string | null;
}

export const PAGE_LIMIT = { default: 50, max: 500 } as const;

/** Tells a cursor that was cut or mended by hand. No secret: whoever forges one finds what its list's kinds allow, and may read it anyway. */
const DIGEST = 8;

/** An opaque cursor: where a page ended, by the list's own order. `list` binds it to its list. */
export function encodeCursor(list: string, parts: readonly CursorPart[]): string {
  const text = JSON.stringify([list, ...parts]);
  return Buffer.from(digestOf(text) + text).toString('base64url');
}

/**
 * The parts of a cursor that `encodeCursor` made for the same list.
 * @throws {BadInputError} `invalid_cursor` for anything else
 */
export function decodeCursor<const Kinds extends readonly CursorKind[]>(
  list: string,
  cursor: string,
  kinds: Kinds,
): PartsOf<Kinds> {
  const [name, ...parts] = parse(cursor) ?? [];
  const fits = parts.length === kinds.length && kinds.every((kind, i) => IS[kind](parts[i]));
  if (name !== list || !fits) throw invalidCursor();
  return parts as PartsOf<Kinds>;
}

/** What a cursor that is none of the list's is answered with. */
export function invalidCursor(): BadInputError {
  const message = 'not a cursor of this list: send back what `next` gave';
  return new BadInputError([{ pointer: '/cursor', in: 'query', message }], undefined, 'invalid_cursor');
}

const INSTANT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,6})?\+00$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const DECIMAL = /^-?\d{1,40}(\.\d{1,40})?$/;

const IS: Readonly<Record<CursorKind, (part: unknown) => boolean>> = {
  text: (part) => typeof part === 'string' && part.isWellFormed() && !part.includes('\0'),
  position: (part) => Number.isSafeInteger(part),
  instant(part) {
    const [, day = '', time = ''] = (typeof part === 'string' && INSTANT.exec(part)) || [];
    return isInstant(`${day}T${time}.000Z`);
  },
  day: (part) => typeof part === 'string' && DAY.test(part) && isInstant(`${part}T00:00:00.000Z`),
  decimal: (part) => typeof part === 'string' && DECIMAL.test(part),
};

/** Neither 30 February nor the year 0, which PostgreSQL does not have. */
function isInstant(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === text && !text.startsWith('0000');
}

function parse(cursor: string): unknown[] | undefined {
  try {
    const text = Buffer.from(cursor, 'base64url').toString('utf8');
    if (text.slice(0, DIGEST) !== digestOf(text.slice(DIGEST))) return undefined;
    const value: unknown = JSON.parse(text.slice(DIGEST));
    return Array.isArray(value) ? value : undefined;
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
