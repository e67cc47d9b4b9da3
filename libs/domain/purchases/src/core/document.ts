import type { LineKind } from '@loyalty/contracts';
import { compare, type Decimal, type EpochMs } from '@loyalty/kernel';

/** Which bought line a return line says it undoes. */
export interface NamedPurchase {
  readonly id: string;
  readonly line: number | undefined;
  readonly source: string;
}

/**
 * A line in its normal form. Keys stand in alphabetical order and defaults are left out, so that
 * `JSON.stringify` of a document is its canonical form (RFC 8785 for what occurs here).
 */
export interface DocumentLine {
  readonly category: string | undefined;
  readonly discount: Decimal | undefined;
  readonly item: string;
  /** Goods when undefined. */
  readonly kind: Exclude<LineKind, 'goods'> | undefined;
  /** Ordinal within the document. */
  readonly line: number;
  readonly of: NamedPurchase | undefined;
  /** Below 0 for a return line, never 0. */
  readonly quantity: Decimal;
  readonly tax: Decimal | undefined;
  readonly unitPrice: Decimal;
}

/** A purchase document that passed every check: decimals normalised, lines by ordinal, time as an instant. */
export interface Document {
  readonly at: EpochMs;
  readonly channel: string | undefined;
  readonly currency: string;
  readonly discount: Decimal | undefined;
  readonly id: string;
  readonly lines: readonly DocumentLine[];
  readonly member: string | undefined;
  readonly program: string | undefined;
  readonly source: string;
  readonly store: string | undefined;
  /** Undefined when there are none. */
  readonly tenders: readonly { readonly amount: Decimal; readonly type: string }[] | undefined;
}

/** What the key of a document is bound to: the same text for the same meaning, whatever door it came through. */
export function contentText(document: Document): string {
  return `purchase/1 ${JSON.stringify(document)}`;
}

export function isReturnLine(line: DocumentLine): boolean {
  return line.quantity.startsWith('-');
}

/** Names a document among all sources. A source holds no line break, so no two pairs give the same text. */
export function documentKey(source: string, id: string): string {
  return `${source}\n${id}`;
}

/** The subject of a document that nobody is known for. No member id may begin so. */
export const NOBODY = 'doc:';

export function ownSubject(source: string, id: string): string {
  return `${NOBODY}${source}/${id}`;
}

export function sameDecimal(a: Decimal, b: Decimal): boolean {
  return a === b || compare(a, b) === 0;
}
