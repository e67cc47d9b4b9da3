import type { Refusal } from '@loyalty/kernel';
import type { PurchasesEvent } from './events.ts';

/** What a caller gets, and gets again on every retry. */
export interface PurchasesAnswer {
  readonly source: string;
  readonly id: string;
  /** `exchanged`: the document bought and returned. */
  readonly status: 'recorded' | 'returned' | 'exchanged' | 'voided';
  /** Return lines that undo nothing known so far, in whole or in part: they move neither points nor tier. */
  readonly unmatched?: readonly { readonly line: number; readonly quantity: string }[];
}

export type PurchasesDecision =
  | { readonly kind: 'accepted'; readonly events: readonly PurchasesEvent[]; readonly answer: PurchasesAnswer }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly keep?: boolean }
  | { readonly kind: 'insufficient' };

export function refused(no: Refusal, keep = true): PurchasesDecision {
  return { kind: 'refused', refusal: no, keep };
}
