import type { ReactorRoute } from '@loyalty/service';
import { PURCHASES_TO_TIERS } from './tokens.ts';

/** The logs that the tier engine follows. */
export const tiersReactors: readonly ReactorRoute[] = [
  {
    transportId: PURCHASES_TO_TIERS,
    consumer: 'tiers',
    source: 'purchases',
    requires: ['purchase.recorded.v1', 'purchase.returned.v1', 'purchase.amended.v1', 'purchase.voided.v1'],
  },
];
