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

/** The ledger learns of programs that have no rules of their own: what is opened in them says its dates itself. */
export async function learnPrograms(writer: PointsWriter, ...programs: string[]): Promise<void> {
  for (const program of programs) {
    const effectiveFrom = '2020-01-01T00:00:00.000Z';
    const data = { program, version: 'v1', effectiveFrom, timeZone: 'UTC' };
    await writer.broadcast(`program:${program}`, [{ type: 'terms.learned.v1', time: Date.parse(effectiveFrom), data }]);
  }
}

/** Tells the writer a fact, as a reaction would. */
export async function tell(writer: PointsWriter, member: string, input: PointsInput): Promise<void> {
  const outcome = await writer.execute({ subject: member, input });
  if (outcome.kind !== 'accepted') throw new Error(`${input.kind} was ${outcome.kind}`);
}
