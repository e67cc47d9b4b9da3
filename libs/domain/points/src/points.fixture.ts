import { migrate } from '@loyalty/database';
import { installEventStore } from '@loyalty/event-store';
import { DEFAULT_SHARDS, shardOf } from '@loyalty/kernel';
import type { Pool } from 'pg';
import type { PointsWriter } from './points-writer.ts';
import type { PointsInput } from './core/input.ts';
import { rating } from './core/scenario.fixture.ts';
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

/** Other members of the member's shard buy until the ledger's clock is past the instant. */
export async function recordPast(pool: Pool, writer: PointsWriter, member: string, instant_ms: number): Promise<void> {
  const shard = shardOf(member, DEFAULT_SHARDS);
  const names = Array.from({ length: 200 }, (_, n) => `${member}-neighbour-${n}`);
  const neighbour = names.find((name) => shardOf(name, DEFAULT_SHARDS) === shard) as string;
  for (let n = 0; ; n++) {
    await tell(writer, neighbour, rating(`past-${n}`, '2026-01-01', 1));
    const { rows } = await pool.query<{ ms: number }>(
      `SELECT (extract(epoch FROM recorded) * 1000)::float8 AS ms FROM ${points.schema}.heads WHERE shard = $1`,
      [shard],
    );
    if ((rows[0]?.ms ?? 0) > instant_ms) return;
  }
}
