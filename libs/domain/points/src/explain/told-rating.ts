import type { PurchaseRating, ReturnRating } from '@loyalty/contracts';
import type { CausingRating } from './ratings-lookup.ts';

/** What the tier engine said when the entry was booked. */
export interface ToldRating {
  readonly version: string | null;
  readonly tier: string | null;
  /** What it was told of the document, as far as points depend on it. */
  readonly inputs: Partial<Pick<PurchaseRating, 'currency' | 'eligible' | 'lines' | 'discount' | 'tenders'>> &
    Partial<Pick<ReturnRating, 'matches'>>;
  /** What it gave, by rule and line. */
  readonly fired: readonly { readonly rule: string; readonly line: number; readonly points: number }[];
  /** Rules that gave nothing, with the first condition that failed. */
  readonly notFired: readonly { readonly rule: string; readonly because: string }[];
  /** What a return takes back, by purchase and line. */
  readonly reversals?: ReturnRating['reversals'];
  /** Why the whole purchase earns nothing. */
  readonly reason?: string;
  /** What the document was worth before it was rated anew. */
  readonly previousPoints?: number;
}

export function ratingTold(rating: CausingRating): ToldRating {
  const { purchase, return: returned, previousPoints } = rating;
  return {
    version: purchase?.version ?? null,
    tier: purchase?.tier ?? null,
    inputs: { ...(purchase && inputsOf(purchase)), ...(returned && { matches: returned.matches }) },
    fired: purchase?.cells.map(({ rule, line, points }) => ({ rule, line, points })) ?? [],
    notFired: purchase?.notFired ?? [],
    ...(returned && { reversals: returned.reversals }),
    ...(purchase?.reason !== undefined && { reason: purchase.reason }),
    ...(previousPoints !== undefined && { previousPoints }),
  };
}

function inputsOf({ currency, eligible, lines, discount, tenders }: PurchaseRating): ToldRating['inputs'] {
  return { currency, eligible, lines, ...(discount !== undefined && { discount }), ...(tenders && { tenders }) };
}
