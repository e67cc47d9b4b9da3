import { defineProjection } from '@loyalty/projections';

/**
 * One row a lot: what it held when it was opened, and its terms as corrected last. Whatever else its opening posted (a debt repaid at
 * once, a return that came before its purchase) is a move, and so is what a correction does to the points.
 * What a lot received from another one was issued before: it opens with 0 and is a move like any other.
 * A correction may be the first that is heard of a lot: its purchase earned nothing until then. Both are dated at the purchase.
 */
export const pointsLots = defineProjection('points', {
  name: 'points_lots',
  subject: 'member',
  events: ['points.earned.v1', 'points.opened.v1', 'points.adjusted.v1', 'points.corrected.v1', 'points.received.v1'],
  sql: `
WITH parsed AS (
  SELECT shard, position, type, subject, time, data::jsonb AS d
  FROM {events}
  WHERE type IN ('points.earned.v1', 'points.opened.v1', 'points.adjusted.v1', 'points.corrected.v1', 'points.received.v1')
  OFFSET 0
), term AS (
  SELECT shard, position, subject AS member, time AS at, d ->> 'lot' AS lot, d ->> 'program' AS program,
    CASE type WHEN 'points.earned.v1' THEN 'earned' WHEN 'points.opened.v1' THEN 'opened' WHEN 'points.adjusted.v1' THEN 'adjusted'
      WHEN 'points.received.v1' THEN 'received' END AS opened_as,
    CASE
      WHEN type = 'points.received.v1' THEN 0
      WHEN type = 'points.adjusted.v1' AND (d ->> 'points')::bigint <= 0 THEN NULL
      WHEN jsonb_array_length(d -> 'postings') = 2 AND d -> 'postings' -> 1 ->> 'bucket' = 'held' THEN (d -> 'postings' -> 1 ->> 'points')::bigint
      ELSE (
        SELECT coalesce(sum((posting ->> 'points')::bigint), 0)::bigint FROM jsonb_array_elements(d -> 'postings') AS posting
        WHERE posting ->> 'bucket' = 'held' AND posting ->> 'lot' = d ->> 'lot'
      )
    END AS points,
    (d ->> 'activeFrom')::timestamptz AS active_from,
    (d ->> 'expiresAt')::timestamptz AS expires_at
  FROM parsed
), correction AS (
  SELECT DISTINCT ON (shard, lot, member, program) *
  FROM term
  WHERE opened_as IS NULL
  ORDER BY shard, lot, member, program, position DESC
), opening AS (
  SELECT * FROM term WHERE opened_as IS NOT NULL AND points IS NOT NULL
)
INSERT INTO {table} AS t (shard, lot, member, program, opened_as, at, points, active_from, expires_at)
SELECT shard, lot, member, program, o.opened_as, coalesce(o.at, c.at), coalesce(o.points, 0),
  CASE WHEN c.position IS NULL OR o.position > c.position THEN o.active_from ELSE c.active_from END,
  CASE WHEN c.position IS NULL OR o.position > c.position THEN o.expires_at ELSE c.expires_at END
FROM opening AS o
FULL JOIN correction AS c USING (shard, lot, member, program)
ON CONFLICT (shard, lot, member, program) DO UPDATE SET
  opened_as = coalesce(t.opened_as, excluded.opened_as),
  points = t.points + excluded.points,
  active_from = excluded.active_from,
  expires_at = excluded.expires_at`,
});
