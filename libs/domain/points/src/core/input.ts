import type { PurchaseRating, ReturnRating, ShortfallPolicy, TermsLearned } from '@loyalty/contracts';
import type { EpochMs } from '@loyalty/kernel';

/** What a purchase is worth. Absolute: the lot is moved there from wherever it is. A fact. */
export interface Rate {
  readonly kind: 'rate';
  readonly rating: Pick<
    PurchaseRating,
    'purchase' | 'at' | 'program' | 'version' | 'tier' | 'points' | 'cells' | 'activeFrom' | 'expiresAt' | 'shortfall'
  >;
  /** The tier engine never rated this purchase before. */
  readonly first: boolean;
  /** Why it was rated again: `purchase`, `return`, `void`, `amended`, `program`. */
  readonly reason: string;
}

/** What a return takes back, from every purchase it touches. Absolute for this return. A fact. */
export interface Reverse {
  readonly kind: 'reverse';
  readonly rating: Pick<ReturnRating, 'return' | 'at' | 'program'> & {
    readonly reversals: readonly Pick<ReturnRating['reversals'][number], 'purchase' | 'points'>[];
  };
}

/** A balance brought along from an earlier system. A fact: its expiry may lie in the past. */
export interface OpenLot {
  readonly kind: 'open';
  readonly program: string;
  readonly points: number;
  readonly earnedAt: EpochMs;
  readonly activeFrom: EpochMs;
  readonly expiresAt: EpochMs | null;
  /** Unique: the same reference never opens a second lot. */
  readonly reference: string;
}

export interface Redeem {
  readonly kind: 'redeem';
  /** Names the redemption for ever. */
  readonly id: string;
  /** May be left out where the member has one wallet. */
  readonly program?: string;
  readonly points: number;
  readonly reference?: string;
}

export interface Adjust {
  readonly kind: 'adjust';
  /** Names the adjustment and its lot for ever. */
  readonly id: string;
  readonly program?: string;
  /** Above 0 opens a lot, below 0 takes from the active lots. */
  readonly points: number;
  readonly reason: string;
  readonly reference?: string;
  /** null = never; left out = by the program. */
  readonly expiresAt?: EpochMs | null;
}

/** Writes what is already true by the clock. */
export interface Settle {
  readonly kind: 'settle';
}

export type PointsInput = Rate | Reverse | OpenLot | Redeem | Adjust | Settle;

/** What a decision answers to its client; facts and settling answer nothing. */
export interface PointsAnswer {
  readonly program: string;
  /** The redemption's or adjustment's id, the opening's reference. */
  readonly id: string;
  readonly points: number;
  readonly lots: readonly { readonly lot: string; readonly points: number }[];
  /** After it: points a decision may take. */
  readonly spendable: number;
}

/** Programs as far as the ledger has learned of them. */
export interface PointsGlobal {
  readonly terms: readonly TermsLearned[];
}

export type { ShortfallPolicy };
