import { int2Array, int8Array, textArray } from '@loyalty/database';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import type { PoolClient } from 'pg';
import { WEBHOOKS_SCHEMA as S } from './webhooks.ts';

/** Where an event that is to be sent stands. */
export interface Place {
  readonly webhook: string;
  readonly subject: string;
  readonly source: string;
  readonly shard: number;
  readonly position: number;
  /** What is sent, where it cannot be read from the log then. */
  readonly message?: string;
}

/** Events that may wait for one webhook before what follows waits in the log instead (as a cursor), and from how few on they are fetched. */
export const QUEUE = { full: 5_000, low: 2_500 } as const;

/** An SQL expression: how many events wait for the webhook `w`, counted no further than it matters. */
export const WAITING = `(SELECT count(*) FROM (SELECT FROM ${S}.queue AS q WHERE q.webhook = w.id LIMIT ${QUEUE.full}) AS counted)`;

const CONFIGURATION = 7204;

/** Keeps every webhook as it is until the transaction ends. First of all locks; many may hold it. */
export async function holdConfiguration(tx: PoolClient): Promise<void> {
  // What a crash of the server takes back is queued again, checkpoint and rows alike.
  await tx.query(
    `SELECT pg_advisory_xact_lock_shared(${CONFIGURATION}), set_config('synchronous_commit', 'off', true)`,
  );
}

/** Before a webhook is changed: nothing is being queued for it until the transaction ends. */
export async function changeConfiguration(tx: PoolClient): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(${CONFIGURATION})`);
}

/** Queues events in the order given, each behind what already waits for its member. What is queued already stays as it is. */
export async function enqueue(tx: PoolClient, places: readonly Place[], now: EpochMs): Promise<void> {
  if (places.length === 0) return;
  const webhooks = textArray(places.map(({ webhook }) => webhook));
  const subjects = textArray(places.map(({ subject }) => subject));
  // Locked in one order by everyone, before anything is added: who takes the last event out of a lane must not miss this one.
  await tx.query({
    name: 'webhooks-lanes',
    text: `INSERT INTO ${S}.lanes AS l (webhook, subject, due)
SELECT DISTINCT webhook, subject, $3::timestamptz FROM unnest($1::text[], $2::text[]) AS p (webhook, subject) ORDER BY webhook, subject
ON CONFLICT (webhook, subject) DO UPDATE SET due = l.due`,
    values: [webhooks, subjects, formatInstant(now)],
  });
  const values = [
    webhooks,
    subjects,
    textArray(places.map(({ source }) => source)),
    int2Array(places.map(({ shard }) => shard)),
    int8Array(places.map(({ position }) => position)),
  ];
  if (places.every(({ message }) => message === undefined)) {
    await tx.query({ name: 'webhooks-enqueue', text: enqueueing('', ''), values });
  } else {
    const messages = textArray(places.map(({ message }) => message ?? null));
    const text = enqueueing(', message', ', $6::text[]');
    await tx.query({ name: 'webhooks-enqueue-carried', text, values: [...values, messages] });
  }
}

const enqueueing = (
  column: string,
  parameter: string,
): string => `INSERT INTO ${S}.queue (webhook, subject, source, shard, position${column})
SELECT webhook, subject, source, shard, position${column}
FROM unnest($1::text[], $2::text[], $3::text[], $4::int2[], $5::int8[]${parameter}) WITH ORDINALITY AS p (webhook, subject, source, shard, position${column}, nth)
ORDER BY nth
ON CONFLICT (webhook, source, shard, position) DO NOTHING`;
