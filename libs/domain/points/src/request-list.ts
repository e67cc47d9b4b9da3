import { parseTimestamptz } from '@loyalty/database';
import { type EpochMs, formatInstant } from '@loyalty/kernel';
import { decodeCursor, pageOf, type Page } from '@loyalty/service';
import type { Pool } from 'pg';
import type { REQUEST_STATES } from './approvals.dto.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

type RequestState = (typeof REQUEST_STATES)[number];

/** An adjustment that needed approval, as it stands at an instant. */
export interface RequestItem {
  readonly request: string;
  readonly member: string;
  readonly program: string;
  readonly at: string;
  readonly points: number;
  readonly reason: string;
  readonly reference?: string;
  /** Who asked. */
  readonly by: string;
  /** From this instant on it can no longer be approved. */
  readonly until: string;
  /** `lapsed`: nobody decided in time. */
  readonly state: RequestState;
  readonly decidedBy?: string;
  readonly decidedAt?: string;
  readonly refusal?: string;
}

export interface RequestFilter {
  readonly now: EpochMs;
  readonly state: RequestState | 'all';
  readonly program?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

interface Row {
  readonly request: string;
  readonly member: string;
  readonly program: string;
  readonly at: string;
  readonly points: number;
  readonly reason: string;
  readonly reference: string | null;
  readonly asked_by: string;
  readonly until: string;
  readonly state: RequestState;
  readonly decided_by: string | null;
  readonly decided_at: string | null;
  readonly refusal: string | null;
}

const LIST = 'adjustments';
const OPEN = `state = 'open'`;
const WHERE: Readonly<Record<RequestFilter['state'], string>> = {
  open: `${OPEN} AND until > $2`,
  lapsed: `${OPEN} AND until <= $2`,
  approved: `state = 'approved'`,
  refused: `state = 'refused'`,
  all: 'true',
};

/** Requests of all members, the oldest first. */
export async function listRequests(
  pool: Pool,
  { now, state, program, limit, cursor }: RequestFilter,
): Promise<Page<RequestItem>> {
  const [at, request] = cursor === undefined ? ['-infinity', ''] : decodeCursor(LIST, cursor, ['instant', 'text']);
  const { rows } = await pool.query<Row>({
    name: `points requests ${state}`,
    text: `SELECT request, member, program, at, points, reason, reference, asked_by, until, decided_by, decided_at, refusal,
             CASE WHEN ${OPEN} AND until <= $2 THEN 'lapsed' ELSE state END AS state
           FROM ${schema}.adjustment_requests
           WHERE ${WHERE[state]} AND (at, request) > ($3::timestamptz, $4) AND ($5::text IS NULL OR program = $5)
           ORDER BY at, request LIMIT $1`,
    values: [limit + 1, formatInstant(now), at, request, program ?? null],
  });
  return pageOf(LIST, rows, limit, { at: (row) => [row.at, row.request], item: itemOf });
}

function itemOf(row: Row): RequestItem {
  const { request, member, program, points, reason, state } = row;
  return {
    request,
    member,
    program,
    at: instantOf(row.at),
    points,
    reason,
    ...(row.reference !== null && { reference: row.reference }),
    by: row.asked_by,
    until: instantOf(row.until),
    state,
    ...(row.decided_by !== null && { decidedBy: row.decided_by }),
    ...(row.decided_at !== null && { decidedAt: instantOf(row.decided_at) }),
    ...(row.refusal !== null && { refusal: row.refusal }),
  };
}

const instantOf = (timestamptz: string): string => formatInstant(parseTimestamptz(timestamptz) / 1000);
