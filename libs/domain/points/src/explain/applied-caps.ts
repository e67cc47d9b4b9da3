import type { ToldRating } from './told-rating.ts';

/** A limit without which an entry would have given more. */
export interface AppliedCap {
  /** `countable_points`: a purchase that would be worth more points than a number holds exactly earns none. */
  readonly cap: 'countable_points';
  /** In points. */
  readonly limit: number;
}

/** Those of the rating behind an entry. A full wallet caps nothing: what it has no room for is refused, or parked, and no entry. */
export function appliedCaps(rating: ToldRating | null): AppliedCap[] {
  return rating?.reason === 'too_many_points' ? [{ cap: 'countable_points', limit: Number.MAX_SAFE_INTEGER }] : [];
}
