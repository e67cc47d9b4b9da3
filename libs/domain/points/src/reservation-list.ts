import { decodeCursor, pageOf, type Page } from '@loyalty/service';
import { parseTimestamptz } from '@loyalty/database';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import type { Pool } from 'pg';
import type { ReservationState } from './core/reservation.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

/** A reservation as it stands at an instant. */
export interface ReservationItem {
  readonly reservation: string;
  readonly program: string;
  readonly at: string;
  readonly points: number;
  /** What they were set aside for; left out where for money off. */
  readonly reward?: string;
  /** From this instant on its points are free again. */
  readonly until: string;
  /** `ended`: by itself. */
  readonly state: ReservationState;
  /** What was spent of it. */
  readonly captured: number;
}

export interface ReservationFilter {
  readonly now: EpochMs;
  /** Only those that still hold points. */
  readonly open: boolean;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

interface Row extends Omit<ReservationItem, 'at' | 'until' | 'reward'> {
  readonly reward: string | null;
  readonly at: string;
  readonly until: string;
}

const LIST = 'reservations';

/** A member's reservations by their names. */
export async function listReservations(
  pool: Pool,
  member: string,
  { now, open, limit, cursor }: ReservationFilter,
): Promise<Page<ReservationItem>> {
  const [after] = cursor === undefined ? [''] : decodeCursor(LIST, cursor, ['text']);
  const { rows } = await pool.query<Row>({
    name: `points reservations ${open}`,
    text: `SELECT reservation, program, at, points, reward, until, captured,
             CASE WHEN state = 'open' AND until <= $2 THEN 'ended' ELSE state END AS state
           FROM ${schema}.reservations
           WHERE member = $1 AND reservation > $3 ${open ? `AND state = 'open' AND until > $2` : ''}
           ORDER BY reservation LIMIT $4`,
    values: [member, formatInstant(now), after, limit + 1],
  });
  return pageOf(LIST, rows, limit, {
    at: ({ reservation }) => [reservation],
    item: ({ at, until, reward, ...row }) => ({
      ...row,
      ...(reward !== null && { reward }),
      at: instantOf(at),
      until: instantOf(until),
    }),
  });
}

const instantOf = (timestamptz: string): string => formatInstant(parseTimestamptz(timestamptz) / 1000);
