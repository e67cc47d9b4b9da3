import { migrate } from '@loyalty/database';
import { installEventStore } from '@loyalty/event-store';
import type { Pool } from 'pg';
import type { PointsWriter } from './points-writer.ts';
import type { PointsInput } from './core/input.ts';
import { points } from './points.ts';

/** An empty points log with its read models. */
export async function installForTests(pool: Pool): Promise<void> {
  await installEventStore(pool, { schema: points.schema, service: points.service });
  await migrate(pool, points.schema, points.migrations);
}

/** Tells the writer a fact, as a reaction would. */
export async function tell(writer: PointsWriter, member: string, input: PointsInput): Promise<void> {
  const outcome = await writer.execute({ subject: member, input });
  if (outcome.kind !== 'accepted') throw new Error(`${input.kind} was ${outcome.kind}`);
}
