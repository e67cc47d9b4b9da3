import { formatInstant, type EpochMs } from '@loyalty/kernel';
import { parseTimestamptz } from '@loyalty/database';
import type { Pool } from 'pg';
import type { History, Outcome, Sent } from './core/verdict.ts';
import { WEBHOOKS_SCHEMA as S } from './webhooks.ts';

/** A member's turn at a webhook, claimed by this process until `lease` runs out. */
export interface Lane extends History {
  readonly webhook: string;
  readonly subject: string;
  readonly claim: number;
}

/** The first event of a lane. */
export interface Queued {
  readonly seq: number;
  readonly source: string;
  readonly shard: number;
  readonly position: number;
  /** What is sent, where it was kept; null where it is read from the log. */
  readonly message: string | null;
}

/** A webhook that delivers, as the dispatcher sees it. */
export interface Receiver {
  readonly id: string;
  readonly url: string;
  readonly failures: number;
  /** When something is to be done for it; null = nothing waits. */
  readonly due: EpochMs | null;
}

const ms = (timestamptz: string): EpochMs => Math.floor(parseTimestamptz(timestamptz) / 1000);

/** All webhooks that deliver, and when each has something to do: one index entry a webhook. */
export async function receivers(pool: Pool): Promise<Receiver[]> {
  const { rows } = await pool.query<Omit<Receiver, 'due'> & { due: string | null }>({
    name: 'webhooks-receivers',
    text: `SELECT w.id, w.url, s.failures, CASE WHEN next.due IS NOT NULL THEN greatest(next.due, s.not_before) END AS due
FROM ${S}.webhooks AS w JOIN ${S}.standings AS s ON s.webhook = w.id
LEFT JOIN LATERAL (SELECT due FROM ${S}.lanes WHERE webhook = w.id ORDER BY due LIMIT 1) AS next ON true
WHERE w.disabled IS NULL ORDER BY w.id`,
  });
  return rows.map(({ due, ...row }) => ({ ...row, due: due === null ? null : ms(due) }));
}

/** Claims lanes that are due, without waiting for the disk: a claim that a crash takes back is none. Other processes leave them alone until the lease is over: by then this one has died. */
export async function claimLanes(
  pool: Pool,
  webhook: string,
  most: number,
  now: EpochMs,
  lease: EpochMs,
): Promise<Lane[]> {
  const { rows } = await pool.query<Omit<Lane, 'since'> & { since: string | null }>({
    name: 'webhooks-claim',
    text: `UPDATE ${S}.lanes AS l SET claim = nextval('${S}.claims'), due = $4 FROM (
  SELECT webhook, subject FROM ${S}.lanes WHERE webhook = $1 AND due <= $3 ORDER BY due LIMIT $2 FOR UPDATE SKIP LOCKED
) AS ready WHERE l.webhook = ready.webhook AND l.subject = ready.subject
RETURNING l.webhook, l.subject, l.claim, l.tried, l.since, set_config('synchronous_commit', 'off', true) AS unwaited`,
    values: [webhook, most, formatInstant(now), formatInstant(lease)],
  });
  return rows.map(({ claim, subject, tried, since }) => {
    return { webhook, subject, claim, tried, since: since === null ? null : ms(since) };
  });
}

/** The event whose turn it is. */
export async function firstOf(pool: Pool, { webhook, subject }: Lane): Promise<Queued | undefined> {
  const { rows } = await pool.query<Queued>({
    name: 'webhooks-first',
    text: `SELECT seq, source, shard, position, message FROM ${S}.queue WHERE webhook = $1 AND subject = $2 ORDER BY seq LIMIT 1`,
    values: [webhook, subject],
  });
  return rows[0];
}

/** Given up: the lane's next event is due now. */
export async function takeOut(pool: Pool, lane: Lane, seq: number, now: EpochMs): Promise<void> {
  await pool.query({
    name: 'webhooks-take-out',
    text: `SELECT set_config('synchronous_commit', 'off', true), ${S}.take_out($1, $2, $3, $4, $5)`,
    values: [lane.webhook, lane.subject, seq, lane.claim, formatInstant(now)],
  });
}

/** Gives a lane back. @param tried whether an attempt was made, at `now` */
export async function release(pool: Pool, lane: Lane, due: EpochMs, tried: boolean, now: EpochMs): Promise<void> {
  await pool.query({
    name: 'webhooks-release',
    text: `UPDATE ${S}.lanes SET due = $4, tried = tried + $5, since = CASE WHEN $5 > 0 THEN coalesce(since, $6) ELSE since END
WHERE webhook = $1 AND subject = $2 AND claim = $3`,
    values: [lane.webhook, lane.subject, lane.claim, formatInstant(due), tried ? 1 : 0, formatInstant(now)],
  });
}

export interface Failing {
  /** In a row, this one included. */
  readonly failures: number;
  readonly since: EpochMs;
}

/** Undefined when the webhook is gone. */
export async function noteFailed(
  pool: Pool,
  webhook: string,
  reason: string,
  now: EpochMs,
): Promise<Failing | undefined> {
  const { rows } = await pool.query<{ failures: number; failing_since: string }>({
    name: 'webhooks-failed',
    text: `UPDATE ${S}.standings SET failures = failures + 1, failing_since = coalesce(failing_since, $3), failure = $2
WHERE webhook = $1 RETURNING failures, failing_since`,
    values: [webhook, reason, formatInstant(now)],
  });
  return rows[0] && { failures: rows[0].failures, since: ms(rows[0].failing_since) };
}

export async function pauseReceiver(pool: Pool, webhook: string, until: EpochMs): Promise<void> {
  await pool.query(
    `UPDATE ${S}.standings SET not_before = greatest(not_before, $2) WHERE webhook = $1 AND failures > 0`,
    [webhook, formatInstant(until)],
  );
}

/** What an attempt was about. A ping stands in no log. */
export interface AttemptOf {
  readonly webhook: string;
  readonly event: string;
  readonly type: string;
  readonly subject: string;
  readonly source: string;
  readonly shard: number | null;
  readonly position: number | null;
  /** From 1. */
  readonly attempt: number;
}

export async function noteAttempt(
  pool: Pool,
  of: AttemptOf,
  outcome: Outcome,
  sent: Sent,
  now: EpochMs,
): Promise<void> {
  await pool.query({ name: 'webhooks-attempt', text: INSERT_ATTEMPT, values: attemptValues(of, outcome, sent, now) });
}

const INSERT_ATTEMPT = `INSERT INTO ${S}.attempts (webhook, at, event, type, subject, source, shard, position, outcome, attempt, status, reason, duration_ms)
SELECT id, $2::timestamptz, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM ${S}.webhooks WHERE id = $1`;

function attemptValues(of: AttemptOf, outcome: Outcome, sent: Sent, now: EpochMs): unknown[] {
  const { webhook, event, type, subject, source, shard, position, attempt } = of;
  const { status, reason, duration_ms } = sent;
  const at = formatInstant(now);
  return [webhook, at, event, type, subject, source, shard, position, outcome, attempt, status, reason, duration_ms];
}

/** Delivered: noted, taken out, and the lane's next event is due now; in one statement, for this is what happens most. */
export async function noteDelivered(
  pool: Pool,
  lane: Lane,
  seq: number,
  of: AttemptOf,
  sent: Sent,
  now: EpochMs,
): Promise<void> {
  await pool.query({
    name: 'webhooks-delivered',
    text: `WITH noted AS (${INSERT_ATTEMPT})
SELECT set_config('synchronous_commit', 'off', true), ${S}.delivered($1, $5, $14, $15, $2)`,
    values: [...attemptValues(of, 'delivered', sent, now), seq, lane.claim],
  });
}

/** Secrets that sign now, the newest first. */
export async function validSecrets(pool: Pool, webhook: string, now: EpochMs): Promise<Buffer[]> {
  const { rows } = await pool.query<{ secret: Buffer }>({
    name: 'webhooks-secrets',
    text: `SELECT secret FROM ${S}.secrets WHERE webhook = $1 AND (ends IS NULL OR ends > $2) ORDER BY created DESC`,
    values: [webhook, formatInstant(now)],
  });
  return rows.map(({ secret }) => secret);
}

const KEPT_DAYS = 7;
const PRUNED = 5_000;

/** Deletes what is older than a week, a bounded number at a time. Gives how many. */
export async function pruneAttempts(pool: Pool, now: EpochMs): Promise<number> {
  const { rowCount } = await pool.query(
    `DELETE FROM ${S}.attempts AS a USING (
  SELECT webhook, id FROM ${S}.attempts WHERE at < $1::timestamptz - interval '${KEPT_DAYS} days' ORDER BY at LIMIT ${PRUNED} FOR UPDATE SKIP LOCKED
) AS old WHERE a.webhook = old.webhook AND a.id = old.id`,
    [formatInstant(now)],
  );
  return rowCount ?? 0;
}
