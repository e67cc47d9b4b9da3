import type { Check } from '@loyalty/database';

export const pointsChecks: readonly Check[] = [];
