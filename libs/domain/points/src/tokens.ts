/** Nest token of the points log's writer. */
export const POINTS_WRITER = Symbol('POINTS_WRITER');

/** Of the reactor that follows the tier engine. */
export const TIERS_TO_POINTS = Symbol('TIERS_TO_POINTS');
