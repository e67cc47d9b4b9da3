import type { ReactorRoute } from '@loyalty/service';

/** Nest token of the tiers' writer. */
export const TIERS_WRITER = Symbol('TIERS_WRITER');

/** Names the consumer that brings purchases to the tiers: `@EventPattern('purchase.recorded.v1', PURCHASES_TO_TIERS)`. */
export const PURCHASES_TO_TIERS = Symbol('PURCHASES_TO_TIERS');

/** How a process wires the tiers' reactor. */
export const purchasesToTiers = {
  transportId: PURCHASES_TO_TIERS,
  consumer: 'tiers',
  source: 'purchases',
  requires: ['purchase.recorded.v1', 'purchase.returned.v1', 'purchase.amended.v1', 'purchase.voided.v1'],
} satisfies ReactorRoute;
