import { exactModel } from '@loyalty/projections';

/** One row an adjustment that needed approval. Asked for once and closed once, so their order is known without looking. */
export const adjustmentRequestsModel = exactModel('points', {
  name: 'adjustment_requests',
  subject: 'member',
  events: ['adjustment.requested.v1', 'adjustment.refused.v1', 'points.adjusted.v1'],
  sql: `
INSERT INTO {table} AS kept (member, request, shard, program, at, points, reason, reference, asked_by, until, state, decided_by, decided_at, refusal)
SELECT subject, request, shard, program,
  max(time) FILTER (WHERE type = 'adjustment.requested.v1'),
  max(points),
  max(reason) FILTER (WHERE type = 'adjustment.requested.v1'),
  max(reference) FILTER (WHERE type = 'adjustment.requested.v1'),
  max("by") FILTER (WHERE type = 'adjustment.requested.v1'),
  max(until),
  coalesce(max(CASE type WHEN 'points.adjusted.v1' THEN 'approved' WHEN 'adjustment.refused.v1' THEN 'refused' END), 'open'),
  max(CASE type WHEN 'points.adjusted.v1' THEN "approvedBy" WHEN 'adjustment.refused.v1' THEN "by" END),
  max(time) FILTER (WHERE type <> 'adjustment.requested.v1'),
  max(reason) FILTER (WHERE type = 'adjustment.refused.v1')
FROM (
  SELECT e.subject, e.shard, e.type, e.time, d.*
  FROM {events} AS e
  CROSS JOIN LATERAL json_to_record(e.data::json) AS d(
    request text, program text, points bigint, reason text, reference text, "by" text, "approvedBy" text, until timestamptz)
  WHERE type IN ('adjustment.requested.v1', 'adjustment.refused.v1')
    OR type = 'points.adjusted.v1' AND data LIKE '%"approvedBy":%'
) AS told
WHERE request IS NOT NULL
GROUP BY subject, request, shard, program
ORDER BY subject COLLATE "C", request
ON CONFLICT (member, request) DO UPDATE SET
  state = excluded.state, decided_by = excluded.decided_by, decided_at = excluded.decided_at, refusal = excluded.refusal`,
});
