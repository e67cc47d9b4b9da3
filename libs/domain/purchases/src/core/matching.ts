import type { LineMatch } from '@loyalty/contracts';
import { factOrder } from '@loyalty/kernel';
import { placeOf, type BoughtItem, type ReturnedItem } from './history.ts';
import { quantityText, type Thousandths } from './thousandths.ts';

/**
 * Which bought lines the returns of one item undo: a function of the facts alone, whatever order they came in.
 * Returns choose in the order of facts, within a document by ordinal, from what those before them left:
 * a return that names its purchase from that purchase only, one that names none from the member's earlier lines (equal time
 * counts as earlier) of the same price, the latest purchase first, within it the last line first.
 * Gives the matches by return line; a line not among them matches nothing.
 */
export function matchItem(
  bought: readonly BoughtItem[],
  returned: readonly ReturnedItem[],
): Map<ReturnedItem, LineMatch[]> {
  const result = new Map<ReturnedItem, LineMatch[]>();
  const latestFirst = [...bought].sort((a, b) => -boughtOrder(a, b));
  const left = new Map<BoughtItem, Thousandths>(latestFirst.map((line) => [line, line.quantity]));
  // Lines that ask alike share their candidates, less those used up: 20,000 lines of one item, returned, took minutes without.
  const shelves = new Map<string, BoughtItem[]>();
  for (const line of [...returned].sort(returnedOrder)) {
    const key = shelfOf(line);
    const shelf = shelves.get(key) ?? (line.of ? named(line, latestFirst) : unnamed(line, latestFirst));
    const matches = take(line, shelf, left);
    shelves.set(key, withoutUsedUp(shelf, matches.length, left));
    if (matches.length > 0) result.set(line, matches);
  }
  return result;
}

function shelfOf({ of, price, document }: ReturnedItem): string {
  return JSON.stringify(of ? [of.source, of.id, of.line ?? null, price] : [price, document.currency]);
}

/** A list is copied only when that many of its first are used up. */
const USED_UP = 64;

/** Used-up lines mostly stand together at the front: it is enough to look there. */
function withoutUsedUp(shelf: BoughtItem[], taken: number, left: ReadonlyMap<BoughtItem, Thousandths>): BoughtItem[] {
  const [first] = shelf;
  if (taken === 0 || !first || left.get(first) !== 0) return shelf;
  const start = shelf.findIndex((line) => left.get(line) !== 0);
  if (start < 0) return [];
  return start < USED_UP ? shelf : shelf.slice(start);
}

/** What a return line's own purchase sold of its item: the lines it may undo, those of its price first, the last line first. */
export function named(line: ReturnedItem, latestFirst: readonly BoughtItem[]): BoughtItem[] {
  const { of } = line;
  if (!of) return [];
  const own = latestFirst.filter(
    (candidate) =>
      candidate.document.id === of.id &&
      candidate.document.source === of.source &&
      (of.line === undefined || candidate.line === of.line),
  );
  return own.sort((a, b) => Number(b.price === line.price) - Number(a.price === line.price));
}

function unnamed({ price, document }: ReturnedItem, latestFirst: readonly BoughtItem[]): BoughtItem[] {
  return latestFirst.filter(
    (candidate) => candidate.price === price && candidate.document.currency === document.currency,
  );
}

/** One that names no purchase reaches back only, and never to its own document. */
function mayTake(line: ReturnedItem, { document }: BoughtItem): boolean {
  return line.of !== undefined || (document !== line.document && document.time <= line.document.time);
}

function take(line: ReturnedItem, candidates: readonly BoughtItem[], left: Map<BoughtItem, Thousandths>): LineMatch[] {
  const matches: LineMatch[] = [];
  let wanted = line.quantity;
  for (const candidate of candidates) {
    if (!mayTake(line, candidate)) continue;
    const available = left.get(candidate) ?? 0;
    if (available === 0) continue;
    const taken = Math.min(available, wanted);
    left.set(candidate, available - taken);
    wanted -= taken;
    matches.push({
      source: candidate.document.source,
      id: candidate.document.id,
      line: candidate.line,
      quantity: quantityText(taken),
    });
    if (wanted === 0) break;
  }
  return matches;
}

function boughtOrder(a: BoughtItem, b: BoughtItem): number {
  return a.document === b.document
    ? a.line - b.line
    : factOrder(placeOf(a.document, 'purchase'), placeOf(b.document, 'purchase'));
}

function returnedOrder(a: ReturnedItem, b: ReturnedItem): number {
  return a.document === b.document
    ? a.line - b.line
    : factOrder(placeOf(a.document, 'return'), placeOf(b.document, 'return'));
}
