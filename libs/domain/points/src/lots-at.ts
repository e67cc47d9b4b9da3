import { POINTS_SCHEMA as schema } from './points-writer.ts';

/**
 * Every lot at an instant ($1) as one relation, straight from the log's read model: its sums less what took effect later. True for
 * wallets that never owed anything, where lots do not touch each other, and that hold no reservation, which may end without an entry;
 * any other one's rows are `tangled` and only name its lots: its balances must be worked out by the core.
 */
export const LOTS_AT = `
  later AS MATERIALIZED (
    SELECT e.subject AS member, d.program, p.lot,
      coalesce(sum(p.points) FILTER (WHERE p.bucket = 'received'), 0) AS received,
      coalesce(sum(p.points) FILTER (WHERE p.bucket = 'reserved'), 0) AS reserved,
      coalesce(sum(p.points) FILTER (WHERE p.bucket = 'spent'), 0) AS spent,
      coalesce(sum(p.points) FILTER (WHERE p.bucket = 'reversed'), 0) AS reversed,
      coalesce(sum(p.points) FILTER (WHERE p.bucket = 'sent'), 0) AS sent
    FROM ${schema}.events AS e
    CROSS JOIN LATERAL json_to_record(e.data::json) AS d(program text, postings json)
    CROSS JOIN LATERAL json_to_recordset(d.postings) AS p(lot text, bucket text, points bigint)
    WHERE e.time > $1 AND e.type LIKE 'points.%'
    GROUP BY 1, 2, 3
  ), known AS (
    SELECT lot.member, lot.program, lot.lot, wallet.tangled OR wallet.reserved > 0 AS tangled, lot.active_from, coalesce(lot.expires_at, 'infinity') AS expires_at,
      -lot.issued AS issued,
      -(lot.received - coalesce(later.received, 0)) AS received,
      lot.reserved - coalesce(later.reserved, 0) AS reserved,
      lot.spent - coalesce(later.spent, 0) AS spent,
      lot.reversed - coalesce(later.reversed, 0) AS reversed,
      lot.sent - coalesce(later.sent, 0) AS sent
    FROM ${schema}.lots AS lot
    JOIN ${schema}.wallets AS wallet USING (member, program)
    LEFT JOIN later ON later.member = lot.member AND later.program = lot.program AND later.lot = lot.lot
    WHERE lot.at <= $1 OR wallet.tangled OR wallet.reserved > 0
  ), free AS (
    SELECT *, issued + received - reserved - spent - reversed - sent AS free FROM known
  ), lots_at AS (
    SELECT member, program, lot, tangled, active_from, expires_at, issued, received, reserved, spent, reversed, sent,
      CASE WHEN active_from > $1 AND expires_at > $1 THEN free ELSE 0 END AS pending,
      CASE WHEN active_from <= $1 AND expires_at > $1 THEN free ELSE 0 END AS active,
      CASE WHEN expires_at <= $1 THEN free ELSE 0 END AS expired
    FROM free
  )`;
