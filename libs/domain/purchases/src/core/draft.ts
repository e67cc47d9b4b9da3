import { negate } from '@loyalty/kernel';
import type { Document } from './document.ts';
import type { KnownDocument } from './history.ts';
import { thousandths } from './thousandths.ts';

/** A document as the history will know it once it is recorded. */
export function draftOf(document: Document): KnownDocument {
  const { source, id, at, currency } = document;
  const draft: KnownDocument = { source, id, time: at, currency, bought: [], returned: [], voided: false };
  for (const { line, item, unitPrice: price, quantity, of } of document.lines) {
    if (quantity.startsWith('-')) {
      draft.returned.push({
        document: draft,
        line,
        item,
        price,
        quantity: thousandths(negate(quantity)),
        of,
        matches: [],
      });
    } else {
      draft.bought.push({ document: draft, line, item, price, quantity: thousandths(quantity) });
    }
  }
  return draft;
}
