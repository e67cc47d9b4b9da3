/** Nest token of the points log's writer. */
export const POINTS_WRITER = Symbol('POINTS_WRITER');

/** Of the reactor that follows the tier engine. */
export const TIERS_TO_POINTS = Symbol('TIERS_TO_POINTS');

/** How to ask the tier engine what it said in an event. */
export const RATINGS_LOOKUP = Symbol('RATINGS_LOOKUP');
