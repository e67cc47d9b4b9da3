import { migrate } from '@loyalty/database';
import { installEventStore } from '@loyalty/event-store';
import { installProjections } from '@loyalty/projections';
import { readFile } from 'node:fs/promises';
import type { Pool } from 'pg';
import { analytics } from './analytics.ts';

/** An event as a test tells it; subject and time stand for the envelope. */
export interface Told {
  readonly type: string;
  readonly subject: string;
  readonly at: string;
  readonly data: object;
}

const SOURCES = ['purchases', 'tiers', 'points', 'feedback'] as const;
/** The logs' own rules (chain, keys) are not what is tested here; all goes to one shard. */
const SHARD = 5;

/** Empty logs of the four services and everything of analytics. */
export async function installForTests(pool: Pool): Promise<void> {
  for (const source of SOURCES) await installEventStore(pool, { schema: source, service: source });
  await installProjections(pool, 'analytics');
  await migrate(pool, 'analytics', analytics.migrations);
  await createViews(pool);
}

export async function createViews(pool: Pool): Promise<void> {
  const sql = await readFile(analytics.views as URL, 'utf8');
  await pool.query(sql.replaceAll('{schema}', 'analytics'));
}

/** Lays events into a log and takes them in, in one step. */
export async function happen(pool: Pool, source: (typeof SOURCES)[number], events: readonly Told[]): Promise<void> {
  const { rows } = await pool.query<{ last: number }>(
    `SELECT coalesce(max(position), 0) AS last FROM ${source}.events WHERE shard = $1`,
    [SHARD],
  );
  const from = rows[0]?.last ?? 0;
  const placed = events.map(({ type, subject, at, data }, i) => {
    return { position: from + 1 + i, type, subject, time: at, data: JSON.stringify(data) };
  });
  await pool.query(
    `INSERT INTO ${source}.events (shard, position, id, type, subject, time, recorded, data, hash)
     SELECT ${SHARD}, position, uuidv7(), type, subject, time, now(), data, ''
     FROM json_to_recordset($1) AS e (position bigint, type text, subject text, time timestamptz, data text)`,
    [JSON.stringify(placed)],
  );
  const stretch = `(SELECT shard, position, id, type, subject, time, recorded, data FROM ${source}.events WHERE shard = ${SHARD} AND position > ${from})`;
  for (const model of analytics.readModels.filter((each) => each.source === source)) {
    await pool.query(model.sql.replaceAll('{events}', stretch).replaceAll('{table}', `analytics.${model.name}`));
  }
  await pool.query(
    `INSERT INTO analytics.checkpoints (consumer, source, shard, position, hash) VALUES ('analytics', $1, ${SHARD}, $2, '')
     ON CONFLICT (consumer, source, shard) DO UPDATE SET position = excluded.position`,
    [source, from + events.length],
  );
}

const instant = (at: string): string => new Date(at).toISOString();

/** A purchase of one line for each quantity. */
export function bought(id: string, member: string | undefined, at: string, total: string, extra: object = {}): Told {
  const data = {
    source: 's',
    id,
    ...(member !== undefined && { member }),
    at: instant(at),
    currency: 'CNY',
    store: 'harbour',
    channel: 'store',
    lines: [
      { line: 1, quantity: '1', amount: total },
      { line: 2, quantity: '0.5', amount: '0' },
    ],
    tenders: [],
    total,
    ...extra,
  };
  return { type: 'purchase.recorded.v1', subject: member ?? `doc:s/${id}`, at, data };
}

/** Something comes back of a purchase. */
export function broughtBack(
  id: string,
  subject: string,
  at: string,
  total: string,
  of: readonly { readonly id: string; readonly quantity: string }[],
): Told {
  const matches = of.map((each) => ({ source: 's', line: 1, ...each }));
  const data = {
    source: 's',
    id,
    at: instant(at),
    currency: 'CNY',
    store: 'harbour',
    channel: 'store',
    lines: [{ line: 1, quantity: '1', matches, unmatched: '0' }],
    total,
  };
  return { type: 'purchase.returned.v1', subject, at, data };
}

export function voided(id: string, subject: string, at: string): Told {
  return { type: 'purchase.voided.v1', subject, at, data: { source: 's', id, at: instant(at) } };
}

type Posting = readonly [lot: string, bucket: string, points: number];

/** An event of the points ledger with its postings. */
export function posted(
  what: string,
  member: string,
  at: string,
  postings: readonly Posting[],
  extra: object = {},
): Told {
  const data = {
    program: 'club',
    at: instant(at),
    postings: postings.map(([lot, bucket, points]) => ({ lot, bucket, points })),
    ...extra,
  };
  return { type: `points.${what}.v1`, subject: member, at, data };
}

export function earned(
  lot: string,
  member: string,
  at: string,
  points: number,
  activeFrom: string,
  expiresAt: string | null,
): Told {
  const postings: Posting[] = [
    [lot, 'issued', -points],
    [lot, 'held', points],
  ];
  const terms = { activeFrom: instant(activeFrom), expiresAt: expiresAt === null ? null : instant(expiresAt) };
  return posted('earned', member, at, postings, { lot, points, ...terms });
}

export function ranked(
  member: string,
  at: string,
  steps: readonly (readonly [tier: string | null, from: string])[],
): Told {
  const course = steps.map(([tier, from]) => ({ tier, from: instant(from) }));
  return {
    type: 'purchase.rated.v1',
    subject: member,
    at,
    data: { program: 'club', at: instant(at), points: 1, course },
  };
}

export function answered(question: 'nps' | 'csat', score: number, at: string, store = 'harbour'): Told {
  return {
    type: 'feedback.answered.v1',
    subject: 'm-1',
    at,
    data: { answer: `${question}-${score}-${at}`, at: instant(at), kind: question, score, store },
  };
}
