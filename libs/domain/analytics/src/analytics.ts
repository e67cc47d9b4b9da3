import type { ServiceDefinition } from '@loyalty/projections';
import { analyticsChecks } from './checks.ts';
import { readModels } from './projections/index.ts';

/** No log of its own: read models over the logs of the others. */
export const analytics: ServiceDefinition = {
  service: 'analytics',
  schema: 'analytics',
  migrations: new URL('../migrations/', import.meta.url),
  views: new URL('../views.sql', import.meta.url),
  readModels,
  checks: analyticsChecks,
};
