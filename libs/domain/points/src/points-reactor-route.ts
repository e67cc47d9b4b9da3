import type { ReactorRoute } from '@loyalty/service';
import { TIERS_TO_POINTS } from './tokens.ts';

/** The points ledger follows the tier engine. */
export const pointsReactor: ReactorRoute = {
  transportId: TIERS_TO_POINTS,
  consumer: 'points',
  source: 'tiers',
  requires: [
    'program.published.v1',
    'purchase.rated.v1',
    'return.rated.v1',
    'rating.corrected.v1',
    'tier.changed.v1',
    'tier.opened.v1',
  ],
};
