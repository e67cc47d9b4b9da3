import type { RatingCorrected } from '@loyalty/contracts';

/** What the tier engine said in one event: a rating of a purchase or a return, and what made it a correction. */
export type CausingRating = Partial<Omit<RatingCorrected, 'course'>>;

/**
 * What the tier engine said in an event about a member, or null where that is not known here. The composition root knows how to
 * ask: in one process by reading the tiers' log.
 */
export type RatingsLookup = (shard: number, member: string, event: string) => Promise<CausingRating | null>;

/** Where the tier engine is out of reach: explanations then name its route. */
export const noRatings: RatingsLookup = () => Promise.resolve(null);
