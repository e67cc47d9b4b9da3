import { exactModel } from '@loyalty/projections';
import { BUCKETS } from '../core/buckets.ts';
import { bucketSums, POSTING_EVENTS, postings } from './postings.ts';

/** One row a wallet: the sums of its postings, and whether anything was ever owed or waived in it. */
export const walletsModel = exactModel('points', {
  name: 'wallets',
  subject: 'member',
  events: POSTING_EVENTS,
  parsed: postings,
  sql: `
INSERT INTO {table} AS kept (member, program, shard, tangled, recorded, ${BUCKETS.join(', ')})
SELECT subject, program, shard,
    bool_or(coalesce(bucket = 'owed' OR waived <> 0 OR type = 'points.reversed.v1' AND shortfall <> '0', false)) AS tangled,
    max(recorded) AS recorded,
    ${bucketSums}
FROM {parsed} AS posting
GROUP BY subject, program, shard
ORDER BY subject COLLATE "C", program
ON CONFLICT (member, program) DO UPDATE SET
  tangled = kept.tangled OR excluded.tangled,
  recorded = greatest(kept.recorded, excluded.recorded),
  ${BUCKETS.map((bucket) => `${bucket} = kept.${bucket} + excluded.${bucket}`).join(',\n  ')}`,
});
