import { isUtf8 } from 'node:buffer';
import { parseTimestamptz } from '@loyalty/database';
import { formatInstant } from '@loyalty/kernel';
import { decodeCursor, pageOf, type Page } from '@loyalty/service';
import type { Pool, PoolClient } from 'pg';
import type { PurchasesAnswer } from '../core/decision.ts';
import { SCHEMA } from '../purchases-schema.ts';

/** `waiting`: for a person, or for the purchase that a return names (`triedAgainAt`). */
export const LETTER_STATES = ['waiting', 'resubmitted', 'discarded'] as const;
export type LetterState = (typeof LETTER_STATES)[number];

/** A record of the retailer's topic that could not be recorded. */
export interface DeadLetterView {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly receivedAt: string;
  /** The record's, as text. */
  readonly key?: string;
  /** As over HTTP. */
  readonly code: string;
  /** JSON pointer into the document. */
  readonly pointer?: string;
  readonly message: string;
  readonly state: LetterState;
  /** It is tried again by itself, then. */
  readonly triedAgainAt?: string;
  readonly publishedAt?: string;
  readonly settledAt?: string;
  readonly settledBy?: string;
  /** Why it was discarded. */
  readonly reason?: string;
  /** What recording it was answered with. */
  readonly answer?: PurchasesAnswer;
}

export interface DeadLetterDetail extends DeadLetterView {
  readonly headers: Readonly<Record<string, string>>;
  /** What was sent: as text, or in base64 where it is no UTF-8. Null where there was nothing, and once it is settled. */
  readonly body: string | null;
  readonly encoding: 'utf-8' | 'base64';
  /** What it is recorded as. */
  readonly document?: unknown;
}

export interface LetterFilter {
  readonly state?: LetterState | undefined;
  readonly code?: string | undefined;
}

export interface LetterRow {
  readonly id: number;
  readonly topic: string;
  readonly topic_id: string;
  readonly partition: number;
  readonly at_offset: number;
  readonly received: string;
  readonly key: Buffer | null;
  readonly body: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
  readonly state: LetterState;
  readonly tries: number;
  readonly again: string | null;
  readonly published: string | null;
  readonly document: string | null;
  readonly answer: PurchasesAnswer | null;
  readonly settled: string | null;
  readonly settled_by: string | null;
  readonly reason: string | null;
}

const LIST = 'dead-letters';
/** Beyond it an id names none. */
const LARGEST = 2 ** 53 - 1;

/** The oldest first. */
export async function listDeadLetters(
  pool: Pool,
  {
    state = 'waiting',
    code,
    limit,
    cursor,
  }: LetterFilter & { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<DeadLetterView>> {
  const [after] = cursor === undefined ? [0] : decodeCursor(LIST, cursor, ['position']);
  const { rows } = await pool.query<LetterRow>(
    `SELECT * FROM ${SCHEMA}.dead_letters WHERE state = $1 AND id > $2 AND ($3::text IS NULL OR code = $3) ORDER BY id LIMIT $4`,
    [state, after, code ?? null, limit + 1],
  );
  return pageOf(LIST, rows, limit, { at: ({ id }) => [id], item: view });
}

/** Undefined where there is none of this id. */
export async function findDeadLetter(pool: Pool, id: string): Promise<LetterRow | undefined> {
  if (!/^[1-9]\d{0,15}$/.test(id) || Number(id) > LARGEST) return undefined;
  const { rows } = await pool.query<LetterRow>(`SELECT * FROM ${SCHEMA}.dead_letters WHERE id = $1`, [id]);
  return rows[0];
}

export interface WaitingLetters {
  /** For people. */
  readonly waiting: number;
  /** For the purchase that they name. */
  readonly tooEarly: number;
  /** Offsets of the topic that were deleted before they were read: of these there are no letters. */
  readonly lost: number;
}

export async function countWaiting(pool: Pool | PoolClient): Promise<WaitingLetters> {
  const { rows } = await pool.query<{ waiting: number; early: number; lost: number }>(
    `SELECT count(*) FILTER (WHERE again IS NULL) AS waiting, count(again) AS early,
       (SELECT coalesce(sum(lost), 0)::bigint FROM ${SCHEMA}.inbound_offsets) AS lost
     FROM ${SCHEMA}.dead_letters WHERE state = 'waiting'`,
  );
  const { waiting = 0, early = 0, lost = 0 } = rows[0] ?? {};
  return { waiting, tooEarly: early, lost };
}

export function view(row: LetterRow): DeadLetterView {
  const { id, topic, partition, at_offset, key, code, pointer, message, state, again, published, settled } = row;
  return {
    id: String(id),
    topic,
    partition,
    offset: String(at_offset),
    receivedAt: shown(row.received),
    ...(key !== null && { key: key.toString('utf8') }),
    code,
    ...(pointer !== '' && { pointer }),
    message,
    state,
    ...(again !== null && { triedAgainAt: shown(again) }),
    ...(published !== null && { publishedAt: shown(published) }),
    ...(settled !== null && { settledAt: shown(settled) }),
    ...(row.settled_by !== null && { settledBy: row.settled_by }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.answer !== null && { answer: row.answer }),
  };
}

export function detail(row: LetterRow): DeadLetterDetail {
  const { body, headers, document } = row;
  const encoding = body === null || isUtf8(body) ? 'utf-8' : 'base64';
  return {
    ...view(row),
    headers,
    body: body?.toString(encoding) ?? null,
    encoding,
    ...(document !== null && { document: JSON.parse(document) as unknown }),
  };
}

function shown(timestamp: string): string {
  return formatInstant(Math.floor(parseTimestamptz(timestamp) / 1000));
}
