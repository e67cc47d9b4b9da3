import type { Document } from './document.ts';

/** Whose a purchase is that a return line names. */
export interface NamedOwner {
  readonly source: string;
  readonly id: string;
  readonly subject: string;
}

export interface DocumentInput {
  readonly kind: 'document';
  readonly document: Document;
  /** Whose facts it joins: the member, or nobody's (`doc:…`). */
  readonly subject: string;
  /** The document's member, else the member whose purchase it returns. */
  readonly member: string | undefined;
  /** The purchases its return lines name that were known when it came in, and whose they are. */
  readonly named: readonly NamedOwner[];
}

/** The document (purchase, return or both) never happened. */
export interface VoidInput {
  readonly kind: 'void';
  readonly source: string;
  readonly id: string;
  readonly reason: string | undefined;
}

export type PurchasesInput = DocumentInput | VoidInput;
