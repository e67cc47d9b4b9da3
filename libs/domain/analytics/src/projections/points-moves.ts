import { defineProjection } from '@loyalty/projections';

const BUCKETS = ['issued', 'received', 'held', 'reserved', 'spent', 'expired', 'reversed', 'sent', 'owed'] as const;

const SPENDING = [
  'points.redeemed.v1',
  'points.reserved.v1',
  'points.captured.v1',
  'points.voided.v1',
  'points.released.v1',
  'points.undone.v1',
  'points.sent.v1',
  'points.received.v1',
] as const;

/** What an opening may post besides issued to held. JSON.stringify writes no blanks. */
const besides = BUCKETS.filter((bucket) => bucket !== 'issued' && bucket !== 'held')
  .map((bucket) => `strpos(data, '"bucket":"${bucket}"') > 0`)
  .join(' OR ');

const summed = (bucket: string): string => `coalesce(sum(points) FILTER (WHERE bucket = '${bucket}'), 0)::bigint`;

/**
 * The postings of every event, one row a lot it touches, except what a lot held when it was opened: that is in its own row.
 * Most openings post nothing else; the text test spares them the parser (1 µs instead of 8; LIKE took 5: strpos skips ahead).
 */
export const pointsMoves = defineProjection('points', {
  name: 'points_moves',
  subject: 'member',
  events: [
    'points.earned.v1',
    'points.opened.v1',
    'points.adjusted.v1',
    'points.corrected.v1',
    'points.reversed.v1',
    'points.expired.v1',
    'points.repaid.v1',
    ...SPENDING,
  ],
  sql: `
WITH parsed AS (
  SELECT shard, position, subject, time, split_part(type, '.', 2) AS moved_as, data::jsonb AS d
  FROM {events}
  WHERE type IN ('points.adjusted.v1', 'points.corrected.v1', 'points.reversed.v1', 'points.expired.v1', 'points.repaid.v1', ${SPENDING.map((type) => `'${type}'`).join(', ')})
    OR (type IN ('points.earned.v1', 'points.opened.v1') AND (${besides}))
  OFFSET 0
), posted AS (
  SELECT shard, position, subject AS member, time AS at, moved_as, d ->> 'program' AS program,
    moved_as IN ('earned', 'opened') OR (moved_as = 'adjusted' AND (d ->> 'points')::bigint > 0) AS opens, d ->> 'lot' AS own,
    posting ->> 'lot' AS lot, posting ->> 'bucket' AS bucket, (posting ->> 'points')::bigint AS points
  FROM parsed CROSS JOIN LATERAL jsonb_array_elements(d -> 'postings') AS posting
), moved AS (
  -- What the lot's own row holds is taken back out, from held and from issued.
  SELECT shard, position, lot, member, program, moved_as, at, bucket, points FROM posted
  UNION ALL
  SELECT shard, position, lot, member, program, moved_as, at, undone.bucket, undone.points
  FROM posted CROSS JOIN LATERAL (VALUES ('held', -posted.points), ('issued', posted.points)) AS undone (bucket, points)
  WHERE opens AND posted.bucket = 'held' AND lot = own
)
INSERT INTO {table} (shard, position, lot, member, program, moved_as, at, ${BUCKETS.join(', ')})
SELECT shard, position, lot, member, program, moved_as, at, ${BUCKETS.map(summed).join(', ')}
FROM moved
GROUP BY shard, position, lot, member, program, moved_as, at
HAVING ${BUCKETS.map((bucket) => `${summed(bucket)} <> 0`).join(' OR ')}`,
});
