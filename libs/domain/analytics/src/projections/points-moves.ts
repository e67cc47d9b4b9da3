import { defineProjection } from '@loyalty/projections';

const BUCKETS = ['issued', 'received', 'held', 'reserved', 'spent', 'expired', 'reversed', 'sent', 'owed'] as const;

const summed = (bucket: string): string => `coalesce(sum(points) FILTER (WHERE bucket = '${bucket}'), 0)::bigint`;

/** The postings of every event after a lot's opening, one row a lot it touches. Openings post nothing but issued to held: their row is the lot's. */
export const pointsMoves = defineProjection('points', {
  name: 'points_moves',
  subject: 'member',
  events: [
    'points.corrected.v1',
    'points.reversed.v1',
    'points.expired.v1',
    'points.repaid.v1',
    'points.redeemed.v1',
    'points.adjusted.v1',
  ],
  sql: `
INSERT INTO {table} (shard, position, lot, member, program, moved_as, at, ${BUCKETS.join(', ')})
SELECT shard, position, lot, member, program, moved_as, at, ${BUCKETS.map(summed).join(', ')}
FROM (
  SELECT shard, position, subject AS member, time AS at, split_part(type, '.', 2) AS moved_as, d ->> 'program' AS program,
    posting ->> 'lot' AS lot, posting ->> 'bucket' AS bucket, (posting ->> 'points')::bigint AS points
  FROM (
    SELECT shard, position, type, subject, time, data::jsonb AS d
    FROM {events}
    WHERE type IN ('points.corrected.v1', 'points.reversed.v1', 'points.expired.v1', 'points.repaid.v1', 'points.redeemed.v1', 'points.adjusted.v1')
    OFFSET 0
  ) AS parsed
  CROSS JOIN LATERAL jsonb_array_elements(d -> 'postings') AS posting
  WHERE NOT (type = 'points.adjusted.v1' AND (d ->> 'points')::bigint > 0)
) AS posted
GROUP BY shard, position, lot, member, program, moved_as, at`,
});
