import type { Pool } from 'pg';
import { NotReadyError, type Readiness } from './readiness.ts';
import type { ServicePart } from './service-part.ts';

/** As the writers: a head further ahead of the database's clock than this refuses writes. */
const AHEAD = "interval '5 minutes'";

/** One readiness check a log: that it can be written now. The database must be the primary, and its clock not behind the log. */
export function addWriterChecks(readiness: Readiness, pool: Pool, parts: readonly ServicePart[]): void {
  for (const { definition, writer } of parts) {
    if (writer === undefined) continue;
    readiness.add(`${definition.service} writer`, async () => {
      const { rows } = await pool.query<{ events: number; ahead: boolean; standby: boolean }>(
        `SELECT sum(position)::bigint AS events, max(recorded) > clock_timestamp() + ${AHEAD} AS ahead, pg_is_in_recovery() AS standby
         FROM ${definition.schema}.heads`,
      );
      const { events, ahead, standby } = rows[0] as (typeof rows)[number];
      if (standby) throw new NotReadyError('the database is a standby: it takes no writes', { events });
      if (ahead)
        throw new NotReadyError('the log is ahead of the database clock: writes are refused until it is right', {
          events,
        });
      return { events };
    });
  }
}
