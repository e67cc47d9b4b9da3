import type { Refusal } from '@loyalty/kernel';

/** A piece of a reward as the redemption finds it: set aside for it, or not to be had. */
export type Piece =
  | { readonly kind: 'held'; readonly number: number; readonly code?: string }
  | { readonly kind: 'none'; readonly refusal: Refusal };

/** Burns points for a reward of the catalogue. Of a reward with pieces to count, a piece must be held before. */
export interface RedeemReward {
  readonly kind: 'reward';
  /** Names the redemption for ever. */
  readonly id: string;
  readonly program?: string;
  readonly reward: string;
  readonly reference?: string;
  readonly piece?: Piece;
}

/** Sets the price of a reward aside for a basket, and its piece with it. */
export interface ReserveReward {
  readonly kind: 'reserveReward';
  /** Names the reservation, and the redemption that may become of it, for ever. */
  readonly id: string;
  readonly program?: string;
  readonly reward: string;
  /** How long, as an ISO 8601 duration; left out = by the program. */
  readonly ttl?: string;
  readonly reference?: string;
  readonly piece?: Piece;
}

/** Which reward, and for whom: its pieces are counted under a subject of its own. */
interface AtReward {
  readonly program: string;
  readonly reward: string;
  readonly redemption: string;
  readonly member: string;
}

/** Sets a piece aside for a redemption or reservation that is decided next. */
export interface HoldPiece extends AtReward {
  readonly kind: 'hold';
  readonly asked: {
    readonly program?: string;
    readonly reference?: string;
    readonly reserve?: true;
    readonly ttl?: string;
  };
}

/** Tells what became of that redemption. Told again it changes nothing. */
export interface SettlePiece extends AtReward {
  readonly kind: 'settlePiece';
  readonly taken: boolean;
  /** It is neither yet: it was reserved, and is free again from then on. */
  readonly until?: string;
}

/** A redemption was undone whole. */
export interface ReturnPiece extends AtReward {
  readonly kind: 'returnPiece';
  readonly piece: number;
  readonly undo: string;
}

/** Puts a single-use code into a reward's pool. */
export interface AddCode {
  readonly kind: 'addCode';
  readonly program: string;
  readonly reward: string;
  readonly code: string;
}

export type RewardInput = HoldPiece | SettlePiece | ReturnPiece | AddCode;
