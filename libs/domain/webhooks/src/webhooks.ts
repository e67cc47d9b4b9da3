import type { ServiceDefinition } from '@loyalty/projections';

export const WEBHOOKS_SCHEMA = 'webhooks';

/** No log of its own and no read models: what it keeps is what has still to be sent. */
export const webhooks: ServiceDefinition = {
  service: 'webhooks',
  schema: WEBHOOKS_SCHEMA,
  migrations: new URL('../migrations/', import.meta.url),
  readModels: [],
  checks: [],
};
