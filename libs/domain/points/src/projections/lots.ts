import { exactModel } from '@loyalty/projections';

/** Every event that moves points: all but those about no single member. */
export const POSTING_EVENTS = [
  'points.earned.v1',
  'points.corrected.v1',
  'points.reversed.v1',
  'points.expired.v1',
  'points.repaid.v1',
  'points.redeemed.v1',
  'points.adjusted.v1',
  'points.opened.v1',
] as const;

export const BUCKETS = [
  'issued',
  'received',
  'held',
  'reserved',
  'spent',
  'expired',
  'reversed',
  'sent',
  'owed',
] as const;

const types = POSTING_EVENTS.map((type) => `'${type}'`).join(', ');
/** A filtered sum each: tried pivoting by a CASE inside one sum per bucket, no difference. */
const sums = BUCKETS.map((bucket) => `coalesce(sum(p.points) FILTER (WHERE bucket = '${bucket}'), 0) AS ${bucket}`);

/**
 * One row a lot: the sums of its postings, and its terms by the last event that said any, found again by its position
 * (joining one row a lot; `array_agg(… ORDER BY position)` would sort every group). Each payload is parsed once.
 */
export const lotsModel = exactModel('points', {
  name: 'lots',
  subject: 'member',
  events: POSTING_EVENTS,
  sql: `
WITH parsed AS MATERIALIZED (
  SELECT shard, position, type, subject, time, d.*
  FROM {events} AS e
  CROSS JOIN LATERAL json_to_record(e.data::json) AS d(
    program text, lot text, "activeFrom" timestamptz, "expiresAt" timestamptz, postings json)
  WHERE type IN (${types})
), moved AS (
  SELECT shard, subject, program, coalesce(p.lot, parsed.lot) AS lot,
    max(position) FILTER (WHERE "activeFrom" IS NOT NULL AND coalesce(p.lot, parsed.lot) = parsed.lot) AS told,
    ${sums.join(',\n    ')}
  FROM parsed LEFT JOIN LATERAL json_to_recordset(postings) AS p(lot text, bucket text, points bigint) ON true
  GROUP BY 1, 2, 3, 4
)
INSERT INTO {table} AS kept (member, program, lot, shard, origin, at, active_from, expires_at, ${BUCKETS.join(', ')})
SELECT m.subject, m.program, m.lot, m.shard,
  CASE t.type WHEN 'points.adjusted.v1' THEN 'adjustment' WHEN 'points.opened.v1' THEN 'opening' WHEN 'points.earned.v1' THEN 'purchase' WHEN 'points.corrected.v1' THEN 'purchase' END,
  t.time, t."activeFrom", t."expiresAt", ${BUCKETS.map((bucket) => `m.${bucket}`).join(', ')}
FROM moved AS m LEFT JOIN parsed AS t ON t.shard = m.shard AND t.position = m.told
ORDER BY m.subject COLLATE "C", m.program, m.lot
ON CONFLICT (member, program, lot) DO UPDATE SET
  origin = coalesce(kept.origin, excluded.origin),
  at = coalesce(excluded.at, kept.at),
  expires_at = CASE WHEN excluded.active_from IS NULL THEN kept.expires_at ELSE excluded.expires_at END,
  active_from = coalesce(excluded.active_from, kept.active_from),
  ${BUCKETS.map((bucket) => `${bucket} = kept.${bucket} + excluded.${bucket}`).join(',\n  ')}`,
});
