import type { Pool } from 'pg';
import type { Command } from '../client.ts';

/** A command of a member's history, and whether what comes next depends on its being booked. */
export interface Step {
  readonly command: Command;
  readonly booked: boolean;
}

interface Recorded {
  readonly member: string;
  readonly kind: Command['kind'];
  readonly id: string;
  /** Of the document in the log of purchases; of a redemption: the last document whose points were booked before it. */
  readonly position: number;
}

/**
 * Documents as recorded, and each redemption behind the last of them that had reached the ledger when it was decided. A redemption's own
 * order among others is that of the ledger's log.
 */
const RECORDED = `
WITH documents AS (
  SELECT subject AS member, id::text AS event, position, data::json ->> 'id' AS id,
    CASE type WHEN 'purchase.recorded.v1' THEN 'purchase' ELSE 'return' END AS kind
  FROM purchases.events WHERE type IN ('purchase.recorded.v1', 'purchase.returned.v1')
),
booked AS (
  SELECT entry.subject AS member, entry.position, documents.position AS document
  FROM points.events AS entry
  JOIN tiers.events AS rating ON rating.id::text = entry.causation
  JOIN documents ON documents.event = rating.causation
),
redeemed AS (
  SELECT redemption.subject AS member, redemption.position, redemption.data::json ->> 'redemption' AS id,
    coalesce((SELECT max(document) FROM booked WHERE booked.member = redemption.subject AND booked.position < redemption.position), 0) AS behind
  FROM points.events AS redemption WHERE redemption.type = 'points.redeemed.v1'
)
SELECT member, kind, id, position::float8 AS position FROM (
  SELECT member, kind, id, position, 0 AS later, position AS own FROM documents
  UNION ALL
  SELECT member, 'redemption', id, behind, 1, position FROM redeemed
) AS steps ORDER BY member, position, later, own`;

/**
 * What happened to each member, in its order.
 * @param sent by kind and id
 */
export async function history(pool: Pool, sent: ReadonlyMap<string, Command>): Promise<Step[][]> {
  const { rows } = await pool.query<Recorded>(RECORDED);
  const members = new Map<string, Step[]>();
  rows.forEach(({ member, kind, id, position }, i) => {
    const command = sent.get(`${kind} ${id}`);
    if (command === undefined) throw new Error(`${kind} ${id} was never sent`);
    const next = rows[i + 1];
    const booked =
      kind !== 'redemption' && next?.kind === 'redemption' && next.member === member && next.position === position;
    members.set(member, [...(members.get(member) ?? []), { command, booked }]);
  });
  return [...members.values()];
}
