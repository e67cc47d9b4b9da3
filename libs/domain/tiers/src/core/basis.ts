import type { PurchaseRating } from '@loyalty/contracts';

/** What a purchase's rating is made of, as far as the document goes. Taken from the purchase, kept with its rating. */
export interface Basis {
  readonly currency: string;
  /** The program the document names; absent = the default of its source. */
  readonly named?: string | undefined;
  readonly discount?: string | undefined;
  readonly tenders?: readonly { readonly type: string; readonly amount: string }[] | undefined;
  readonly lines: readonly BasisLine[];
}

export type BasisLine = Omit<PurchaseRating['lines'][number], 'eligible'>;
