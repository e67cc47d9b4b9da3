/** Nest token of the tiers' writer. */
export const TIERS_WRITER = Symbol('TIERS_WRITER');

/** Names the consumer that brings purchases to the tiers: `@EventPattern('purchase.recorded.v1', PURCHASES_TO_TIERS)`. */
export const PURCHASES_TO_TIERS = Symbol('PURCHASES_TO_TIERS');
