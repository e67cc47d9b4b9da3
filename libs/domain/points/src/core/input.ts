import type {
  PointsSent,
  PurchaseRating,
  ReturnRating,
  ShortfallPolicy,
  TermsLearned,
  TierCourse,
} from '@loyalty/contracts';
import type { Decimal, EpochMs } from '@loyalty/kernel';
import type { Approve, RefuseRequest } from './approval-input.ts';
import type { CloseAccount, ReopenAccount } from './close-account.ts';
import type { Money } from './money-off.ts';
import type { RedeemReward, ReserveReward, RewardInput } from './reward-input.ts';

/** What a purchase is worth. Absolute: the lot is moved there from wherever it is. A fact. */
export interface Rate {
  readonly kind: 'rate';
  readonly rating: Pick<
    PurchaseRating,
    | 'purchase'
    | 'at'
    | 'program'
    | 'version'
    | 'tier'
    | 'points'
    | 'cells'
    | 'activeFrom'
    | 'expiresAt'
    | 'inactivity'
    | 'shortfall'
  >;
  /** The tier engine never rated this purchase before. */
  readonly first: boolean;
  /** Why it was rated again: `purchase`, `return`, `void`, `amended`, `program`. */
  readonly reason: string;
  /** The member's tier steps, where it changed them. */
  readonly course?: TierCourse;
}

/** What a return takes back, from every purchase it touches. Absolute for this return. A fact. */
export interface Reverse {
  readonly kind: 'reverse';
  readonly rating: Pick<ReturnRating, 'return' | 'at' | 'program'> & {
    readonly reversals: readonly Pick<ReturnRating['reversals'][number], 'purchase' | 'points'>[];
  };
  /** The member's tier steps, where it changed them. */
  readonly course?: TierCourse;
}

/** The member's tier steps, as the tier engine holds them for certain. A fact. */
export interface LearnTier {
  readonly kind: 'tier';
  readonly program: string;
  readonly course: TierCourse;
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
  readonly purchaseTotal?: Decimal;
  /** Of that total; the program's if left out. */
  readonly currency?: string;
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
  /** Who asks: the name of an API key. */
  readonly by?: string;
  /** Only of one that needed approval and has it. */
  readonly approvedBy?: string;
}

/** Sets active points aside for a basket. */
export interface Reserve {
  readonly kind: 'reserve';
  /** Names the reservation, and the redemption that may become of it, for ever. */
  readonly id: string;
  readonly program?: string;
  readonly points: number;
  /** How long, as an ISO 8601 duration; left out = by the program. */
  readonly ttl?: string;
  readonly reference?: string;
  readonly purchaseTotal?: Decimal;
  /** Of that total; the program's if left out. */
  readonly currency?: string;
}

/** Spends a reservation, all or part; the rest is released with it. */
export interface Capture {
  readonly kind: 'capture';
  readonly reservation: string;
  /** Left out = all. */
  readonly points?: number;
  readonly reference?: string;
  /** The single-use code of the piece that was reserved. */
  readonly code?: string;
}

/** Gives a reservation up. */
export interface VoidReservation {
  readonly kind: 'void';
  readonly reservation: string;
}

/** Gives the points of a redemption (or of a captured reservation) back to their lots. */
export interface Undo {
  readonly kind: 'undo';
  /** Names this undo for ever. */
  readonly id: string;
  readonly redemption: string;
  /** Left out = all that is not undone yet. */
  readonly points?: number;
  readonly reference?: string;
}

/** Hands active points on to another member. */
export interface Send {
  readonly kind: 'send';
  /** Names the transfer for ever. */
  readonly id: string;
  readonly program?: string;
  readonly points: number;
  /** The member whose command this is, and the one who receives. */
  readonly from: string;
  readonly to: string;
  readonly reference?: string;
  /** Points that may still come into the receiver's wallets, by program, as known before: only of those that are nearly full. */
  readonly rooms?: Readonly<Record<string, number>>;
}

/** What a sender's entry says, told to the receiver. A fact: it took effect when the points were sent. */
export interface Receive {
  readonly kind: 'receive';
  readonly from: string;
  readonly sent: Omit<PointsSent, 'postings' | 'to'>;
}

/** Writes what is already true by the clock. */
export interface Settle {
  readonly kind: 'settle';
}

export type PointsInput =
  | Rate
  | Reverse
  | LearnTier
  | OpenLot
  | Redeem
  | RedeemReward
  | Adjust
  | Approve
  | RefuseRequest
  | CloseAccount
  | ReopenAccount
  | Reserve
  | ReserveReward
  | Capture
  | VoidReservation
  | Undo
  | Send
  | Receive
  | Settle
  | RewardInput;

/** What a decision answers to its client; facts and settling answer nothing. */
export interface PointsAnswer {
  readonly program: string;
  /** What the decision is named for ever: the redemption's, reservation's, undo's, transfer's or adjustment's id. */
  readonly id: string;
  readonly points: number;
  readonly lots: readonly { readonly lot: string; readonly points: number }[];
  /** After it: points a decision may take. */
  readonly spendable: number;
  /** Of a reservation: the instant from which its points are free again. Of an adjustment that waits: it can be approved before. */
  readonly until?: string;
  /** Of a capture: points that went back. */
  readonly released?: number;
  /** Of an undo: points of the redemption that are not undone. */
  readonly left?: number;
  /** What the points are worth off a purchase, where the program gives them a value. */
  readonly money?: Money;
  /** Of a reward: which, the number of its piece where pieces are counted, and the single-use code. */
  readonly reward?: string;
  readonly piece?: number;
  readonly code?: string;
  /** Of an adjustment that needed approval. While `open` no points have moved. */
  readonly approval?: 'open' | 'approved' | 'refused';
}

/** Programs as far as the ledger has learned of them. */
export interface PointsGlobal {
  readonly terms: readonly TermsLearned[];
}

export type { ShortfallPolicy };
