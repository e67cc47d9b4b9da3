import type { Pool } from 'pg';
import type { Acknowledged } from '../client.ts';

const PASSED_ON = [
  ['purchases', 'tiers'],
  ['tiers', 'points'],
] as const;

/**
 * What one sender sent about a member over HTTP, one after the other, stands in that order in the log; every service has passed it on in the order
 * in which it was recorded, and nothing of it twice.
 */
export async function keptOrder(pool: Pool, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const violations = await asSent(pool, acknowledged);
  for (const [source, consumer] of PASSED_ON) {
    const overtaken = await pool.query<{ subject: string; position: number }>(
      `SELECT subject, position FROM (
         SELECT effect.subject, effect.position, cause.position AS caused,
           max(cause.position) OVER (PARTITION BY effect.subject ORDER BY effect.position) AS latest
         FROM ${consumer}.events AS effect JOIN ${source}.events AS cause ON cause.id::text = effect.causation
       ) AS passed WHERE caused < latest LIMIT 20`,
    );
    for (const { subject, position } of overtaken.rows)
      violations.push(
        `order: ${consumer} applied what ${source} says of ${subject} out of order, at position ${position}`,
      );
    const twice = await pool.query<{ subject: string; type: string; times: number }>(
      `SELECT subject, type, count(*)::int AS times FROM ${consumer}.events
       WHERE causation IS NOT NULL GROUP BY shard, subject, type, causation, data HAVING count(*) > 1 LIMIT 20`,
    );
    for (const { subject, type, times } of twice.rows)
      violations.push(`applied twice: ${consumer} has ${times} times the same ${type} of ${subject}, from one cause`);
  }
  return violations;
}

async function asSent(pool: Pool, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; position: number }>(
    `SELECT data::json ->> 'id' AS id, position::float8 AS position FROM purchases.events
     WHERE type IN ('purchase.recorded.v1', 'purchase.returned.v1')`,
  );
  const positions = new Map(rows.map(({ id, position }) => [id, position]));
  const last = new Map<string, number>();
  const violations: string[] = [];
  for (const { command, granted } of [...acknowledged].sort((a, b) => a.command.order - b.command.order)) {
    const position = positions.get(command.id);
    if (!granted || position === undefined || command.via !== 'http') continue;
    if (!['purchase', 'return'].includes(command.kind)) continue;
    const line = `${command.sender} ${command.member}`;
    if (position < (last.get(line) ?? 0))
      violations.push(`order: ${command.kind} ${command.id} stands before what was sent before it`);
    last.set(line, position);
  }
  return violations;
}
