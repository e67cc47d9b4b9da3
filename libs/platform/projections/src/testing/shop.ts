import { transaction } from '@loyalty/database';
import { installEventStore } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { installProjections } from '../install.ts';
import { defineProjection, exactModel } from '../read-model.ts';
import type { ServiceDefinition } from '../service-definition.ts';
import { BATCH, batchValues, statementOf } from '../statement.ts';

/** A service in miniature with one exact read model, and one that reads its log from afar. For this library's specs. */
export const SHARDS = 4;

const sql = `INSERT INTO {table} AS t (member, shard, points, events, latest)
SELECT subject, shard, sum((d ->> 'points')::bigint), count(*), max(position)
FROM (SELECT shard, position, subject, data::jsonb AS d FROM {events} WHERE type IN ('gained.v1', 'lost.v1') OFFSET 0) AS parsed
GROUP BY subject, shard
ON CONFLICT (member) DO UPDATE SET points = t.points + excluded.points, events = t.events + excluded.events, latest = excluded.latest`;

const events = ['gained.v1', 'lost.v1'];

export const totals = exactModel('shop', { name: 'totals', events, sql, subject: 'member' });
export const echoes = defineProjection('shop', { name: 'echoes', events, sql, subject: 'member' });

export const shop: ServiceDefinition = {
  service: 'shop',
  schema: 'shop',
  migrations: new URL('./', import.meta.url),
  readModels: [totals],
  checks: [],
  views: new URL('./shop-views.sql', import.meta.url),
};
export const watcher: ServiceDefinition = {
  ...shop,
  service: 'watcher',
  schema: 'watcher',
  readModels: [echoes],
  views: new URL('./watcher-views.sql', import.meta.url),
};

const columns =
  '(member text PRIMARY KEY, shard smallint NOT NULL, points bigint NOT NULL, events bigint NOT NULL, latest bigint NOT NULL, UNIQUE (shard, member))';

export async function installShop(pool: Pool): Promise<void> {
  await installEventStore(pool, { schema: 'shop', service: 'shop', shards: SHARDS });
  await installProjections(pool, 'shop');
  await installProjections(pool, 'watcher');
  await pool.query(`CREATE TABLE shop.totals ${columns} WITH (fillfactor = 70);
CREATE INDEX totals_by_points ON shop.totals (points DESC, member) WHERE points > 0;
CREATE VIEW shop.rich AS SELECT member, points FROM shop.totals WHERE points > 100;
CREATE TABLE watcher.echoes ${columns};
CREATE VIEW watcher.rich AS SELECT member, points FROM watcher.echoes WHERE points > 100`);
}

/** Writes as a service's writer does: heads locked, events, the exact read model and the head in one transaction. */
export function append(
  pool: Pool,
  shard: number,
  gains: readonly { readonly member: string; readonly points: number }[],
): Promise<void> {
  return transaction(pool, async (tx) => {
    const { rows } = await tx.query<{ position: number }>(
      'SELECT position FROM shop.heads WHERE shard = $1 FOR UPDATE',
      [shard],
    );
    const from = (rows[0] as { position: number }).position;
    const written = gains.map((gain, i) => eventOf(shard, from + i + 1, gain));
    const values = batchValues(written);
    await tx.query(
      `INSERT INTO shop.events (shard, position, id, type, subject, time, recorded, data, hash)
SELECT shard, position, id, type, subject, time, recorded, data, sha256((shard || '/' || position)::bytea) FROM ${BATCH} AS e`,
      values,
    );
    await tx.query(statementOf(totals, BATCH, 'shop.totals'), values);
    await tx.query('UPDATE shop.heads SET position = $2 WHERE shard = $1', [shard, from + gains.length]);
  });
}

function eventOf(shard: number, position: number, { member, points }: { member: string; points: number }): StoredEvent {
  const hash = createHash('sha256').update(`${shard}/${position}`).digest('hex');
  return {
    shard,
    position,
    id: `${hash.slice(0, 8)}-0000-7000-8000-${hash.slice(8, 20)}`,
    source: 'shop',
    type: points < 0 ? 'lost.v1' : 'gained.v1',
    subject: member,
    time: 1_700_000_000_000,
    recorded: 1_700_000_000_000_000,
    correlation: null,
    causation: null,
    trace: null,
    data: JSON.stringify({ points }),
    hash,
  };
}

/** Many events at once, without Node in between; the read model is filled by the same statement. */
export async function fill(pool: Pool, perShard: number): Promise<void> {
  await pool.query(
    `INSERT INTO shop.events (shard, position, id, type, subject, time, recorded, data, hash)
SELECT s, p, gen_random_uuid(), CASE p % 7 WHEN 0 THEN 'lost.v1' WHEN 1 THEN 'ignored.v1' ELSE 'gained.v1' END, 'm' || s || '.' || p % 997, now(), now(),
  json_build_object('points', p % 50 - 20)::text, sha256((s || '/' || p)::bytea)
FROM generate_series(0, ${SHARDS - 1}) AS s, generate_series(1, $1::int) AS p`,
    [perShard],
  );
  await pool.query(statementOf(totals, '(SELECT * FROM shop.events)', 'shop.totals'));
  await pool.query('UPDATE shop.heads SET position = $1', [perShard]);
}
