import { parseTimestamptz, textArray, transaction } from '@loyalty/database';
import type { LogEnd } from '@loyalty/event-log';
import { readHeads } from '@loyalty/event-store';
import { formatInstant, formatMicros, type EpochMs } from '@loyalty/kernel';
import { decodeCursor, pageOf, type Page } from '@loyalty/service';
import type { Pool, PoolClient } from 'pg';
import type { Because } from './disable.ts';
import { changeConfiguration } from './enqueue.ts';
import { holdBack } from './hold-back.ts';
import { CONSUMER } from './queueing.ts';
import { newSecret, shownSecret } from './sign.ts';
import { WEBHOOKS_SCHEMA as S } from './webhooks.ts';

/** A webhook as the API shows it: everything but its secrets. */
export interface WebhookView {
  readonly id: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly description?: string;
  readonly enabled: boolean;
  readonly createdAt: string;
  readonly disabledAt?: string;
  /** `request`, `gone` (the receiver answered 410) or `failing` (nothing got through for a day). */
  readonly disabledBecause?: Because;
  /** Attempts that failed since the last one that succeeded. */
  readonly failures: number;
  readonly failingSince?: string;
  readonly failure?: string;
  /** Nothing is tried before. */
  readonly pausedUntil?: string;
  /** To ten seconds. */
  readonly deliveredAt?: string;
  /** Whether events wait in the logs until those before them are delivered. */
  readonly behind: boolean;
}

export interface WebhookChange {
  readonly url?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
}

interface Row {
  readonly id: string;
  readonly url: string;
  readonly types: string[];
  readonly description: string | null;
  readonly created: string;
  readonly disabled: string | null;
  readonly because: Because | null;
  readonly failures: number;
  readonly failing_since: string | null;
  readonly failure: string | null;
  readonly not_before: string | null;
  readonly delivered: string | null;
  readonly behind: boolean;
}

const SELECT = `SELECT w.*, s.failures, s.failing_since, s.failure, s.not_before, s.delivered,
  EXISTS (SELECT FROM ${S}.cursors AS c WHERE c.webhook = w.id) AS behind
FROM ${S}.webhooks AS w JOIN ${S}.standings AS s ON s.webhook = w.id`;
const LIST = 'webhooks';

/** More would be somebody's mistake: each is looked at for every batch of every log. */
export const MOST_WEBHOOKS = 100;

export type Created =
  | { readonly kind: 'created'; readonly secret: string }
  | { readonly kind: 'known' }
  | { readonly kind: 'different' }
  | { readonly kind: 'too_many' };

/** Where a log ends: asked of its schema, or, where it lies in another database, found out before. */
export type EndOfLog =
  { readonly source: string; readonly schema: string } | { readonly source: string; readonly ends: readonly LogEnd[] };

/** Makes a webhook that gets what is recorded from now on. Sent again with the same fields it changes nothing. */
export function createWebhook(
  pool: Pool,
  {
    id,
    url,
    types,
    description,
  }: { id: string; url: string; types: readonly string[]; description?: string | undefined },
  logs: readonly EndOfLog[],
  now: EpochMs,
): Promise<Created> {
  return transaction(pool, async (tx) => {
    await changeConfiguration(tx);
    const { rows } = await tx.query<Row & { same: boolean }>(
      `SELECT (url, types, description) IS NOT DISTINCT FROM ($2::text, $3::text[], $4::text) AS same FROM ${S}.webhooks WHERE id = $1`,
      [id, url, textArray(types), description ?? null],
    );
    if (rows[0]) return { kind: rows[0].same ? 'known' : 'different' };
    const count = (await tx.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${S}.webhooks`)).rows[0]?.n ?? 0;
    if (count >= MOST_WEBHOOKS) return { kind: 'too_many' };
    if (count === 0) await standAtTheEnds(tx, logs);
    const at = formatInstant(now);
    await tx.query(`INSERT INTO ${S}.webhooks (id, url, types, description, created) VALUES ($1, $2, $3, $4, $5)`, [
      id,
      url,
      textArray(types),
      description ?? null,
      at,
    ]);
    await tx.query(`INSERT INTO ${S}.standings (webhook) VALUES ($1)`, [id]);
    return { kind: 'created', secret: await addSecret(tx, id, now) };
  });
}

/** Nobody has read the logs while there was no webhook, and what was recorded then is not for the one that is made now. */
async function standAtTheEnds(tx: PoolClient, logs: readonly EndOfLog[]): Promise<void> {
  for (const { source, ...log } of logs) {
    for (const { shard, position, hash } of 'schema' in log ? await readHeads(tx, log.schema) : log.ends) {
      if (position === 0) continue;
      await tx.query(
        `INSERT INTO ${S}.checkpoints AS c (consumer, source, shard, position, hash) VALUES ($1, $2, $3, $4, decode($5, 'hex'))
ON CONFLICT (consumer, source, shard) DO UPDATE SET position = excluded.position, hash = excluded.hash WHERE c.position < excluded.position`,
        [CONSUMER, source, shard, position, hash],
      );
    }
  }
}

async function addSecret(tx: PoolClient, webhook: string, now: EpochMs): Promise<string> {
  const secret = newSecret();
  await tx.query(`INSERT INTO ${S}.secrets (webhook, created, secret) VALUES ($1, $2, $3)`, [
    webhook,
    formatInstant(now),
    secret,
  ]);
  return shownSecret(secret);
}

/** Gives the new secret; the one before signs besides until `ends`. Undefined when there is no such webhook. */
export function rotateSecret(pool: Pool, webhook: string, ends: EpochMs, now: EpochMs): Promise<string | undefined> {
  return transaction(pool, async (tx) => {
    await changeConfiguration(tx);
    if (!(await findWebhook(tx, webhook))) return undefined;
    // Two are valid at most: of earlier ones only the latest goes on.
    await tx.query(
      `DELETE FROM ${S}.secrets WHERE webhook = $1 AND created < (SELECT max(created) FROM ${S}.secrets WHERE webhook = $1)`,
      [webhook],
    );
    await tx.query(`UPDATE ${S}.secrets SET ends = $2 WHERE webhook = $1`, [webhook, formatInstant(ends)]);
    const { rows } = await tx.query<{ created: string }>(
      `SELECT max(created) AS created FROM ${S}.secrets WHERE webhook = $1`,
      [webhook],
    );
    const last = rows[0] ? Math.floor(parseTimestamptz(rows[0].created) / 1000) : 0;
    return addSecret(tx, webhook, Math.max(now, last + 1));
  });
}

export async function findWebhook(db: Pool | PoolClient, id: string): Promise<WebhookView | undefined> {
  const { rows } = await db.query<Row>(`${SELECT} WHERE w.id = $1`, [id]);
  return rows[0] && view(rows[0]);
}

export async function listWebhooks(
  pool: Pool,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<WebhookView>> {
  const [after] = page.cursor === undefined ? [''] : decodeCursor(LIST, page.cursor, ['text']);
  const { rows } = await pool.query<Row>(`${SELECT} WHERE w.id > $1 ORDER BY w.id LIMIT $2`, [after, page.limit + 1]);
  return pageOf(LIST, rows, page.limit, { at: ({ id }) => [id], item: view });
}

/** Those that are disabled because of their receivers, or failing now: for health. */
export async function troubledWebhooks(
  pool: Pool,
): Promise<{ webhooks: number; disabled: string[]; failing: string[] }> {
  const { rows } = await pool.query<{ id: string; because: Because | null; failures: number }>(
    `SELECT w.id, w.because, s.failures FROM ${S}.webhooks AS w JOIN ${S}.standings AS s ON s.webhook = w.id ORDER BY w.id`,
  );
  return {
    webhooks: rows.length,
    disabled: rows.filter(({ because }) => because === 'gone' || because === 'failing').map(({ id }) => id),
    failing: rows.filter(({ because, failures }) => because === null && failures > 0).map(({ id }) => id),
  };
}

/** Undefined when there is no such webhook. Enabled, it goes on where it stopped, and at once. */
export function changeWebhook(
  pool: Pool,
  id: string,
  { url, types, description, enabled }: WebhookChange,
  now: EpochMs,
): Promise<WebhookView | undefined> {
  return transaction(pool, async (tx) => {
    await changeConfiguration(tx);
    if (!(await findWebhook(tx, id))) return undefined;
    await tx.query(
      `UPDATE ${S}.webhooks SET url = coalesce($2, url), types = coalesce($3, types), description = coalesce($4, description) WHERE id = $1`,
      [id, url ?? null, types === undefined ? null : textArray(types), description ?? null],
    );
    if (enabled === false) {
      const { rowCount } = await tx.query(
        `UPDATE ${S}.webhooks SET disabled = $2, because = 'request' WHERE id = $1 AND disabled IS NULL`,
        [id, formatInstant(now)],
      );
      if (rowCount === 1) await holdBack(tx, id);
    }
    if (enabled === true) {
      await tx.query(`UPDATE ${S}.webhooks SET disabled = NULL, because = NULL WHERE id = $1`, [id]);
    }
    // A mended receiver or another address starts afresh: what had to wait for its next attempt is queued again.
    if (enabled === true || url !== undefined) {
      // Lanes before standing: the order in which a delivery under way is noted.
      await holdBack(tx, id);
      await tx.query(
        `UPDATE ${S}.standings SET failures = 0, failing_since = NULL, failure = NULL, not_before = NULL WHERE webhook = $1`,
        [id],
      );
    }
    return findWebhook(tx, id);
  });
}

/** False when there is none. What waited for it is forgotten; its attempts go with their week. */
export function deleteWebhook(pool: Pool, id: string): Promise<boolean> {
  return transaction(pool, async (tx) => {
    await changeConfiguration(tx);
    // Lanes, queue, standing: the order in which a delivery under way is noted.
    await tx.query(`DELETE FROM ${S}.lanes WHERE webhook = $1`, [id]);
    await tx.query(`DELETE FROM ${S}.queue WHERE webhook = $1`, [id]);
    const { rowCount } = await tx.query(`DELETE FROM ${S}.webhooks WHERE id = $1`, [id]);
    return rowCount === 1;
  });
}

export const shown = (timestamptz: string): string => formatMicros(parseTimestamptz(timestamptz)).replace(/000Z$/, 'Z');

function view(row: Row): WebhookView {
  return {
    id: row.id,
    url: row.url,
    types: row.types,
    ...(row.description !== null && { description: row.description }),
    enabled: row.disabled === null,
    createdAt: shown(row.created),
    ...(row.disabled !== null && { disabledAt: shown(row.disabled) }),
    ...(row.because !== null && { disabledBecause: row.because }),
    failures: row.failures,
    ...(row.failing_since !== null && { failingSince: shown(row.failing_since) }),
    ...(row.failure !== null && { failure: row.failure }),
    ...(row.not_before !== null && { pausedUntil: shown(row.not_before) }),
    ...(row.delivered !== null && { deliveredAt: shown(row.delivered) }),
    behind: row.behind,
  };
}
