import { pageOf, decodeCursor, type Page } from '@loyalty/service';
import { formatMicros, type EpochMs } from '@loyalty/kernel';
import { parseTimestamptz } from '@loyalty/database';
import type { Pool } from 'pg';
import { FEEDBACK_SCHEMA } from './feedback-writer.ts';

/** A case as lists show it. Nothing sealed. */
export interface CaseSummary {
  readonly id: string;
  readonly status: 'open' | 'resolved';
  /** Absent: the answer was anonymous. */
  readonly member?: string;
  readonly answer: string;
  readonly reason: string;
  readonly kind?: 'nps' | 'csat';
  readonly score?: number;
  readonly openedAt: string;
  readonly assignee?: string;
  readonly assignedAt?: string;
  readonly actions: number;
  readonly lastActionAt?: string;
  readonly resolvedAt?: string;
  readonly rootCause?: string;
}

export interface CaseFilter {
  readonly status?: 'open' | 'resolved' | undefined;
  readonly assignee?: string | undefined;
  /** Only those nobody holds. */
  readonly unassigned?: boolean | undefined;
  readonly member?: string | undefined;
  /** Only those opened before this instant. */
  readonly openedBefore?: EpochMs | undefined;
}

export interface CaseRow {
  readonly case_id: string;
  readonly shard: number;
  readonly subject: string;
  readonly answer: string;
  readonly member: string | null;
  readonly reason: string;
  readonly question: 'nps' | 'csat' | null;
  readonly score: number | null;
  readonly status: 'open' | 'resolved';
  readonly opened_at: string;
  readonly opened_position: number;
  readonly assignee: string | null;
  readonly assigned_at: string | null;
  readonly actions: number;
  readonly acted_at: string | null;
  readonly resolved_at: string | null;
  readonly root_cause: string | null;
}

const LIST = 'cases';

/** Cases by age, the oldest first: who has waited longest. */
export async function listCases(
  pool: Pool,
  filter: CaseFilter,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<CaseSummary>> {
  const { status, assignee, unassigned, member, openedBefore } = filter;
  const values: unknown[] = [page.limit + 1];
  const wanted: string[] = [];
  const where = (condition: (...places: string[]) => string, ...given: unknown[]): void => {
    wanted.push(condition(...given.map((value) => `$${values.push(value)}`)));
  };
  if (status !== undefined) where((p) => `status = ${p}`, status);
  if (assignee !== undefined) where((p) => `assignee = ${p}`, assignee);
  if (unassigned) where(() => 'assignee IS NULL');
  if (member !== undefined) where((p) => `member = ${p}`, member);
  if (openedBefore !== undefined) where((p) => `opened_at < to_timestamp(${p}::double precision / 1000)`, openedBefore);
  if (page.cursor !== undefined) {
    const [at, id] = decodeCursor(LIST, page.cursor, ['instant', 'text']);
    where((a, b) => `(opened_at, case_id) > (${a}::timestamptz, ${b})`, at, id);
  }
  const { rows } = await pool.query<CaseRow>(
    `SELECT * FROM ${FEEDBACK_SCHEMA}.cases ${wanted.length > 0 ? `WHERE ${wanted.join(' AND ')}` : ''}
     ORDER BY opened_at, case_id LIMIT $1`,
    values,
  );
  return pageOf(LIST, rows, page.limit, { at: (row) => [row.opened_at, row.case_id], item: caseSummary });
}

/** The row of a case; its subject is whose commands go on the same shard. */
export async function findCase(pool: Pool, id: string): Promise<CaseRow | undefined> {
  const { rows } = await pool.query<CaseRow>({
    name: 'feedback-case',
    text: `SELECT * FROM ${FEEDBACK_SCHEMA}.cases WHERE case_id = $1`,
    values: [id],
  });
  return rows[0];
}

export function caseSummary(row: CaseRow): CaseSummary {
  return {
    id: row.case_id,
    status: row.status,
    ...(row.member !== null && { member: row.member }),
    answer: row.answer,
    reason: row.reason,
    ...(row.question !== null && { kind: row.question }),
    ...(row.score !== null && { score: row.score }),
    openedAt: shown(row.opened_at),
    ...(row.assignee !== null && { assignee: row.assignee }),
    ...(row.assigned_at !== null && { assignedAt: shown(row.assigned_at) }),
    actions: row.actions,
    ...(row.acted_at !== null && { lastActionAt: shown(row.acted_at) }),
    ...(row.resolved_at !== null && { resolvedAt: shown(row.resolved_at) }),
    ...(row.root_cause !== null && { rootCause: row.root_cause }),
  };
}

function shown(timestamptz: string): string {
  return formatMicros(parseTimestamptz(timestamptz)).replace(/000Z$/, 'Z');
}
