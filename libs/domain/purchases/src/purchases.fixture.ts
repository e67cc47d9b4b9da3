import { migrate } from '@loyalty/database';
import { installEventStore } from '@loyalty/event-store';
import type { Pool } from 'pg';
import { purchases } from './purchases.ts';

/** An empty log of purchases with its read model. */
export async function installForTests(pool: Pool): Promise<void> {
  await installEventStore(pool, { schema: purchases.schema, service: purchases.service });
  await migrate(pool, purchases.schema, purchases.migrations);
}
