import type { Pool } from 'pg';
import type { Acknowledged, Command } from '../client.ts';

/** Where a command's effect stands in a log, under the command's id. */
const EFFECTS: readonly { readonly kinds: readonly Command['kind'][]; readonly sql: string }[] = [
  {
    kinds: ['purchase', 'return'],
    sql: `SELECT data::json ->> 'id' AS id, count(*)::int AS times FROM purchases.events
      WHERE type IN ('purchase.recorded.v1', 'purchase.returned.v1') GROUP BY 1`,
  },
  {
    kinds: ['redemption'],
    sql: `SELECT data::json ->> 'redemption' AS id, count(*)::int AS times FROM points.events
      WHERE type = 'points.redeemed.v1' GROUP BY 1`,
  },
  {
    kinds: ['feedback'],
    sql: `SELECT data::json ->> 'answer' AS id, count(*)::int AS times FROM feedback.events
      WHERE type = 'feedback.answered.v1' GROUP BY 1`,
  },
];

/** Whatever was acknowledged is in its log once; what was refused is not; nothing at all is there twice. */
export async function recordedOnce(pool: Pool, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const violations: string[] = [];
  for (const { kinds, sql } of EFFECTS) {
    const { rows } = await pool.query<{ id: string; times: number }>(sql);
    const found = new Map(rows.map(({ id, times }) => [id, times]));
    for (const [id, times] of found)
      if (times > 1) violations.push(`applied twice: ${kinds[0]} ${id} is recorded ${times} times`);
    for (const { command, granted, answer } of acknowledged) {
      const { kind, id } = command;
      if (!kinds.includes(kind)) continue;
      if (granted && !found.has(id)) violations.push(`missing: ${kind} ${id} was acknowledged (${answer})`);
      if (!granted && found.has(id)) violations.push(`${kind} ${id} was refused, and recorded all the same`);
    }
  }
  return violations;
}
