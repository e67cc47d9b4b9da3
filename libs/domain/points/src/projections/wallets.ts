import { exactModel } from '@loyalty/projections';
import { BUCKETS, POSTING_EVENTS } from './lots.ts';

const types = POSTING_EVENTS.map((type) => `'${type}'`).join(', ');
const sums = BUCKETS.map((bucket) => `coalesce(sum(p.points) FILTER (WHERE bucket = '${bucket}'), 0) AS ${bucket}`);

/** One row a wallet: the sums of its postings, and whether anything was ever owed or waived in it. */
export const walletsModel = exactModel('points', {
  name: 'wallets',
  subject: 'member',
  events: POSTING_EVENTS,
  sql: `
INSERT INTO {table} AS kept (member, program, shard, tangled, recorded, ${BUCKETS.join(', ')})
SELECT subject, program, shard,
  bool_or(coalesce(bucket = 'owed' OR waived <> 0 OR type = 'points.reversed.v1' AND shortfall <> '0', false)) AS tangled,
  max(recorded) AS recorded,
  ${sums.join(',\n  ')}
FROM {events} AS e
CROSS JOIN LATERAL json_to_record(e.data::json) AS d(program text, shortfall text, waived bigint, postings json)
LEFT JOIN LATERAL json_to_recordset(postings) AS p(bucket text, points bigint) ON true
WHERE type IN (${types})
GROUP BY subject, program, shard
ORDER BY subject COLLATE "C", program
ON CONFLICT (member, program) DO UPDATE SET
  tangled = kept.tangled OR excluded.tangled,
  recorded = greatest(kept.recorded, excluded.recorded),
  ${BUCKETS.map((bucket) => `${bucket} = kept.${bucket} + excluded.${bucket}`).join(',\n  ')}`,
});
