import { decodeCursor, pageOf, type Page } from '@loyalty/service';
import type { Pool } from 'pg';
import type { Outcome } from './core/verdict.ts';
import { shown } from './webhook-store.ts';
import { WEBHOOKS_SCHEMA as S } from './webhooks.ts';

/** One attempt to deliver one event. */
export interface AttemptView {
  readonly at: string;
  /** The event's id: what the receiver got as `webhook-id`. */
  readonly event: string;
  readonly type: string;
  readonly subject: string;
  readonly source: string;
  readonly shard?: number;
  readonly position?: string;
  readonly outcome: Outcome;
  /** From 1. */
  readonly attempt: number;
  /** HTTP status of the answer; left out where there was none. */
  readonly status?: number;
  readonly reason?: string;
  readonly durationMs: number;
}

interface Row {
  readonly id: number;
  readonly at: string;
  readonly event: string;
  readonly type: string;
  readonly subject: string;
  readonly source: string;
  readonly shard: number | null;
  readonly position: number | null;
  readonly outcome: Outcome;
  readonly attempt: number;
  readonly status: number | null;
  readonly reason: string | null;
  readonly duration_ms: number;
}

const LIST = 'webhook-deliveries';

/** Attempts of a webhook, the latest first. */
export async function listAttempts(
  pool: Pool,
  webhook: string,
  page: { readonly limit: number; readonly cursor?: string | undefined; readonly failed?: boolean },
): Promise<Page<AttemptView>> {
  const [before] =
    page.cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeCursor(LIST, page.cursor, ['position']);
  const { rows } = await pool.query<Row>(
    `SELECT * FROM ${S}.attempts WHERE webhook = $1 AND id < $2 ${page.failed ? `AND outcome <> 'delivered'` : ''}
ORDER BY webhook DESC, id DESC LIMIT $3`,
    [webhook, before, page.limit + 1],
  );
  return pageOf(LIST, rows, page.limit, { at: ({ id }) => [id], item: view });
}

function view(row: Row): AttemptView {
  return {
    at: shown(row.at),
    event: row.event,
    type: row.type,
    subject: row.subject,
    source: row.source,
    ...(row.shard !== null && { shard: row.shard }),
    ...(row.position !== null && { position: String(row.position) }),
    outcome: row.outcome,
    attempt: row.attempt,
    ...(row.status !== null && { status: row.status }),
    ...(row.reason !== null && { reason: row.reason }),
    durationMs: row.duration_ms,
  };
}
