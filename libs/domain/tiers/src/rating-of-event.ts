import type { PurchaseRated, RatingCorrected, ReturnRated } from '@loyalty/contracts';
import type { Pool } from 'pg';
import { TIERS_SCHEMA as schema } from './names.ts';

/** What one event of the tiers' log said about a document, whatever was said later. */
export type RatingOfEvent = Partial<Omit<RatingCorrected, 'course'>>;

const UNDEFINED_TABLE = '42P01';

/**
 * The rating in one event about a member, by the event's id: what a ledger entry was booked on. Null where it is no rating, or where
 * this database does not hold the tiers' log. Reads the log's own events only, as whoever follows it does.
 * @param shard of the member; the same in every service's log
 */
export async function ratingOfEvent(
  pool: Pool,
  shard: number,
  member: string,
  event: string,
): Promise<RatingOfEvent | null> {
  const found = await find(pool, shard, member, event);
  if (!found) return null;
  const { course: _, ...rating } = JSON.parse(found.data) as { course?: unknown };
  switch (found.type) {
    case 'purchase.rated.v1':
      return { purchase: rating as PurchaseRated };
    case 'return.rated.v1':
      return { return: rating as ReturnRated };
    case 'rating.corrected.v1':
      return rating as RatingCorrected;
    default:
      return null;
  }
}

async function find(pool: Pool, shard: number, member: string, event: string) {
  try {
    const { rows } = await pool.query<{ type: string; data: string }>({
      name: 'tiers rating of event',
      text: `SELECT type, data FROM ${schema}.events WHERE shard = $1 AND subject = $2 AND id = $3`,
      values: [shard, member, event],
    });
    return rows[0];
  } catch (error) {
    if ((error as { code?: unknown }).code === UNDEFINED_TABLE) return undefined;
    throw error;
  }
}
