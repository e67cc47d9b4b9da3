import { migrate } from '@loyalty/database';
import type { Pool } from 'pg';

/** Creates what projections and rebuilds need in a service's schema. Run it at every start, after `installEventStore` where there is a log. */
export async function installProjections(pool: Pool, schema: string): Promise<void> {
  await migrate(pool, schema, new URL('../migrations/', import.meta.url), { set: 'projections' });
}
