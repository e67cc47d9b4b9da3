import type { Pool } from 'pg';

const UNKNOWN = '22023';

/**
 * Chooses the time zone in which business days begin, for all who do not choose their own. Nothing is rebuilt: days are worked out
 * when asked. Rejects for a name that PostgreSQL does not know.
 */
export async function setReportingZone(pool: Pool, zone: string): Promise<void> {
  try {
    await pool.query(`UPDATE analytics.reporting SET zone = $1 WHERE now() AT TIME ZONE $1 IS NOT NULL`, [zone]);
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNKNOWN) throw error;
    throw new Error(`REPORTING_ZONE=${zone}: this PostgreSQL server does not know the time zone.`, { cause: error });
  }
}
