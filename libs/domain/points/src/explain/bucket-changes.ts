import type { Bucket, Posting } from '@loyalty/contracts';
import type { Pool } from 'pg';
import { BUCKETS } from '../core/buckets.ts';
import { POINTS_SCHEMA as schema } from '../points-writer.ts';

/** A bucket of one wallet around an entry. None is below 0: issued + received = all the others − owed. */
export interface BucketChange {
  readonly bucket: Bucket;
  readonly before: number;
  readonly change: number;
  readonly after: number;
}

/** Posted with the other sign. */
const CREDIT: ReadonlySet<Bucket> = new Set<Bucket>(['issued', 'received', 'owed']);

const SUMS = BUCKETS.map(
  (bucket) => `coalesce(sum(p.points) FILTER (WHERE p.bucket = '${bucket}'), 0)::bigint AS ${bucket}`,
).join(', ');

/** The wallet's buckets as booked before and after an entry: sums over the member's own entries up to it, found by index. */
export async function bucketChanges(
  pool: Pool,
  of: {
    readonly shard: number;
    readonly position: number;
    readonly member: string;
    readonly program: string;
    readonly postings: readonly Posting[];
  },
): Promise<BucketChange[]> {
  const { rows } = await pool.query<Record<Bucket, number>>({
    name: 'points buckets before an entry',
    text: `SELECT ${SUMS}
      FROM ${schema}.events AS e
      CROSS JOIN LATERAL json_to_record(e.data::json) AS d(program text, postings json)
      CROSS JOIN LATERAL json_to_recordset(d.postings) AS p(bucket text, points bigint)
      WHERE e.shard = $1 AND e.subject = $2 AND e.position < $3 AND d.program = $4`,
    values: [of.shard, of.member, of.position, of.program],
  });
  const sums = rows[0] as Record<Bucket, number>;
  return BUCKETS.flatMap((bucket) => {
    const own = of.postings.filter((posting) => posting.bucket === bucket);
    const sign = CREDIT.has(bucket) ? -1 : 1;
    const before = sign * sums[bucket] || 0;
    const change = sign * own.reduce((sum, { points }) => sum + points, 0) || 0;
    return before === 0 && own.length === 0 ? [] : [{ bucket, before, change, after: before + change }];
  });
}
