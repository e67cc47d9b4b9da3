import type { Check } from '@loyalty/database';

export const checks: readonly Check[] = [];
