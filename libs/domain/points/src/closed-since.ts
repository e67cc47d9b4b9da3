import { parseTimestamptz } from '@loyalty/database';
import { formatInstant } from '@loyalty/kernel';
import type { Pool } from 'pg';
import type { Moment } from './moment.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

/** Since when a member's account is closed at a moment; null where it is open. A closing is known from the instant at which it took effect. */
export async function closedSince(pool: Pool, member: string, { at, known, isNow }: Moment): Promise<string | null> {
  const upTo = isNow ? null : formatInstant(Math.min(at, known ?? at));
  const { rows } = await pool.query<{ closed: boolean; at: string }>({
    name: 'points account of a member',
    text: `SELECT closed, at FROM ${schema}.account_steps
           WHERE member = $1 AND ($2::timestamptz IS NULL OR at <= $2) ORDER BY position DESC LIMIT 1`,
    values: [member, upTo],
  });
  const [last] = rows;
  return last?.closed ? formatInstant(parseTimestamptz(last.at) / 1000) : null;
}
