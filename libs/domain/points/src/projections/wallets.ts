import { exactModel } from '@loyalty/projections';
import { BUCKETS } from '../core/buckets.ts';
import { bucketSums, POSTING_EVENTS, postings } from './postings.ts';

/** One row a wallet: the sums of its postings, and whether they say it all: nothing was ever owed, waived or kept alive in it. */
export const walletsModel = exactModel('points', {
  name: 'wallets',
  subject: 'member',
  events: POSTING_EVENTS,
  parsed: postings,
  sql: `
INSERT INTO {table} AS kept (member, program, shard, tangled, kept_until, recorded, ${BUCKETS.join(', ')})
SELECT subject, program, shard,
    bool_or(coalesce(bucket = 'owed' OR waived <> 0 OR type = 'points.reversed.v1' AND shortfall <> '0'
      OR type = 'points.corrected.v1' AND bucket = 'reversed', false) OR idling) AS tangled,
    max("keptUntil") AS kept_until,
    max(recorded) AS recorded,
    ${bucketSums}
FROM {parsed} AS posting
GROUP BY subject, program, shard
ORDER BY subject COLLATE "C", program
ON CONFLICT (member, program) DO UPDATE SET
  tangled = kept.tangled OR excluded.tangled,
  kept_until = greatest(kept.kept_until, excluded.kept_until),
  recorded = greatest(kept.recorded, excluded.recorded),
  ${BUCKETS.map((bucket) => `${bucket} = kept.${bucket} + excluded.${bucket}`).join(',\n  ')}`,
});
