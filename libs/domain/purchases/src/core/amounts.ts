import { multiply, negate, subtract, sum, type Decimal } from '@loyalty/kernel';
import { isReturnLine, type Document, type DocumentLine } from './document.ts';

/** quantity x unitPrice - discount; of a return line positive as well: what is given back. */
export function lineAmount(line: DocumentLine): Decimal {
  const gross = multiply(isReturnLine(line) ? negate(line.quantity) : line.quantity, line.unitPrice);
  return line.discount === undefined ? gross : subtract(gross, line.discount);
}

/** What was charged for the bought lines: their amounts less the basket discount. */
export function purchaseTotal(document: Document, amounts: readonly Decimal[]): Decimal {
  const gross = sum(amounts);
  return document.discount === undefined ? gross : subtract(gross, document.discount);
}

/** What the basket discount is spread over: the bought goods. `amounts` in the order of the lines. */
export function goodsAmount(document: Document, amounts: readonly Decimal[]): Decimal {
  return sum(amounts.filter((_, i) => isBoughtGoods(document.lines[i] as DocumentLine)));
}

function isBoughtGoods(line: DocumentLine): boolean {
  return line.kind === undefined && !isReturnLine(line);
}
