import type {
  LineMatch,
  PurchaseAmended,
  PurchaseRecorded,
  PurchaseReturned,
  PurchaseVoided,
} from '@loyalty/contracts';
import { formatInstant, negate, sum, type NewEvent } from '@loyalty/kernel';
import { lineAmount, purchaseTotal } from './amounts.ts';
import { isReturnLine, type Document, type DocumentLine } from './document.ts';
import type { KnownDocument, ReturnedItem } from './history.ts';
import { quantityText, thousandths } from './thousandths.ts';

export type PurchasesEvent =
  | NewEvent<'purchase.recorded.v1', PurchaseRecorded>
  | NewEvent<'purchase.returned.v1', PurchaseReturned>
  | NewEvent<'purchase.amended.v1', PurchaseAmended>
  | NewEvent<'purchase.voided.v1', PurchaseVoided>;

/** Why a matching changed. */
export type Cause = PurchaseAmended['cause'];

/** The purchase part of a document. `member` is who it was found to belong to. */
export function recordedEvent(document: Document, member: string | undefined): PurchasesEvent {
  const lines = document.lines.filter((line) => !isReturnLine(line));
  const amounts = lines.map(lineAmount);
  const data: PurchaseRecorded = {
    ...head(document, member),
    lines: lines.map((line, i) => ({
      line: line.line,
      item: line.item,
      ...(line.category !== undefined && { category: line.category }),
      quantity: line.quantity,
      unitPrice: line.unitPrice,
      ...(line.discount !== undefined && { discount: line.discount }),
      ...(line.tax !== undefined && { tax: line.tax }),
      kind: line.kind ?? 'goods',
      amount: amounts[i] as string,
    })),
    ...(document.discount !== undefined && { discount: document.discount }),
    tenders: tenders(document),
    total: purchaseTotal(document, amounts),
  };
  return { type: 'purchase.recorded.v1', time: document.at, data };
}

/** The return part of a document, with what each line was found to undo (by ordinal). */
export function returnedEvent(
  document: Document,
  member: string | undefined,
  matches: ReadonlyMap<number, readonly LineMatch[]>,
): PurchasesEvent {
  const lines = document.lines.filter(isReturnLine);
  const mixed = lines.length < document.lines.length;
  const amounts = lines.map(lineAmount);
  const data: PurchaseReturned = {
    ...head(document, member),
    lines: lines.map((line, i) => returnedLine(line, amounts[i] as string, matches.get(line.line) ?? [])),
    ...(!mixed && document.tenders && { tenders: tenders(document) }),
    total: sum(amounts),
    ...(mixed && { mixed }),
  };
  return { type: 'purchase.returned.v1', time: document.at, data };
}

function returnedLine(
  line: DocumentLine,
  amount: string,
  matches: readonly LineMatch[],
): PurchaseReturned['lines'][number] {
  const quantity = negate(line.quantity);
  return {
    line: line.line,
    item: line.item,
    ...(line.category !== undefined && { category: line.category }),
    quantity,
    unitPrice: line.unitPrice,
    ...(line.discount !== undefined && { discount: line.discount }),
    ...(line.tax !== undefined && { tax: line.tax.startsWith('-') ? negate(line.tax) : line.tax }),
    kind: line.kind ?? 'goods',
    amount,
    ...(line.of && {
      of: { source: line.of.source, id: line.of.id, ...(line.of.line !== undefined && { line: line.of.line }) },
    }),
    matches: [...matches],
    unmatched: unmatched(thousandths(quantity), matches),
  };
}

/** The whole new matching of a return whose matching a late fact changed. */
export function amendedEvent(
  document: KnownDocument,
  matches: ReadonlyMap<ReturnedItem, readonly LineMatch[]>,
  cause: Cause,
): PurchasesEvent {
  const data: PurchaseAmended = {
    return: { source: document.source, id: document.id },
    at: formatInstant(document.time),
    lines: document.returned.map((line) => {
      const now = matches.get(line) ?? line.matches;
      return { line: line.line, matches: [...now], unmatched: unmatched(line.quantity, now) };
    }),
    cause,
  };
  return { type: 'purchase.amended.v1', time: document.time, data };
}

export function voidedEvent(document: KnownDocument, reason: string | undefined): PurchasesEvent {
  const { source, id, time } = document;
  return {
    type: 'purchase.voided.v1',
    time,
    data: { source, id, at: formatInstant(time), ...(reason !== undefined && { reason }) },
  };
}

function unmatched(quantity: number, matches: readonly LineMatch[]): string {
  return quantityText(matches.reduce((left, match) => left - thousandths(match.quantity), quantity));
}

function tenders(document: Document): { type: string; amount: string }[] {
  return (document.tenders ?? []).map(({ type, amount }) => ({ type, amount }));
}

function head(document: Document, member: string | undefined) {
  const { source, id, program, currency, store, channel } = document;
  return {
    source,
    id,
    ...(member !== undefined && { member }),
    ...(program !== undefined && { program }),
    at: formatInstant(document.at),
    currency,
    ...(store !== undefined && { store }),
    ...(channel !== undefined && { channel }),
  };
}
