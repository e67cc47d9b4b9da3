import type { Check } from '@loyalty/database';

export const purchasesChecks: readonly Check[] = [];
