import type { LineMatch } from '@loyalty/contracts';
import type { Decimal, EpochMs, FactPlace } from '@loyalty/kernel';
import type { NamedPurchase } from './document.ts';
import type { Thousandths } from './thousandths.ts';

/** A line that was bought, as far as returns care. */
export interface BoughtItem {
  readonly document: KnownDocument;
  readonly line: number;
  readonly item: string;
  readonly price: Decimal;
  readonly quantity: Thousandths;
}

/** A line that came back. */
export interface ReturnedItem {
  readonly document: KnownDocument;
  readonly line: number;
  readonly item: string;
  readonly price: Decimal;
  readonly quantity: Thousandths;
  readonly of: NamedPurchase | undefined;
  /** What it undoes, as last recorded. */
  matches: readonly LineMatch[];
}

/** A document of the member, as far as returns care. */
export interface KnownDocument {
  readonly source: string;
  readonly id: string;
  readonly time: EpochMs;
  readonly currency: string;
  bought: BoughtItem[];
  returned: ReturnedItem[];
  voided: boolean;
}

/** Everything of one item string. No return line ever undoes a line of another item, so matching goes item by item. */
export interface ItemHistory {
  bought: BoughtItem[];
  returned: ReturnedItem[];
}

/** The purchases and returns of one member: a fold of the member's own events. */
export interface History {
  readonly documents: Map<string, KnownDocument>;
  readonly items: Map<string, ItemHistory>;
  /** Bought and returned lines, voided ones included: what the history weighs. */
  lines: number;
}

export function newHistory(): History {
  return { documents: new Map(), items: new Map(), lines: 0 };
}

/** Where the return (or purchase) part of a document stands among the member's facts. */
export function placeOf(document: KnownDocument, part: 'purchase' | 'return'): FactPlace {
  return { time: document.time, part, mixed: document.bought.length > 0, source: document.source, id: document.id };
}
