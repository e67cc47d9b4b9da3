import type { LineMatch } from '@loyalty/contracts';
import { factOrder } from '@loyalty/kernel';
import { placeOf, type BoughtItem, type ReturnedItem } from './history.ts';
import { Stock } from './stock.ts';

/**
 * Which bought lines the returns of one item undo: a function of the facts alone, whatever order they came in.
 * Returns choose in the order of facts, within a document by ordinal, from what those before them left:
 * a return that names its purchase from that purchase only, one that names none from the member's earlier lines (equal time
 * counts as earlier) of the same price, the latest purchase first, within it the last line first.
 * Gives the matches by return line; a line not among them matches nothing. Takes n log n steps for n lines.
 */
export function matchItem(
  bought: readonly BoughtItem[],
  returned: readonly ReturnedItem[],
): Map<ReturnedItem, LineMatch[]> {
  const stock = new Stock([...bought].sort(boughtOrder));
  const result = new Map<ReturnedItem, LineMatch[]>();
  for (const line of [...returned].sort(returnedOrder)) {
    const matches = stock.take(line);
    if (matches.length > 0) result.set(line, matches);
  }
  return result;
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
