import { migrate } from '@loyalty/database';
import { installEventStore } from '@loyalty/event-store';
import type { Pool } from 'pg';
import { feedback } from './feedback.ts';

/** An empty feedback log with its read model. */
export async function installForTests(pool: Pool): Promise<void> {
  await installEventStore(pool, { schema: feedback.schema, service: feedback.service });
  await migrate(pool, feedback.schema, feedback.migrations);
}
