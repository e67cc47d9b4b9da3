import type { Pool } from 'pg';

/**
 * Chooses the time zone in which business days begin, for all who do not choose their own. Nothing is rebuilt: days are worked out
 * when asked. Rejects for a name that PostgreSQL does not know.
 */
export async function setReportingZone(pool: Pool, zone: string): Promise<void> {
  await pool.query(`UPDATE analytics.reporting SET zone = $1 WHERE now() AT TIME ZONE $1 IS NOT NULL`, [zone]);
}
