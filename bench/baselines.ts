import type { Pool } from 'pg';

const ROWS = 1000;

/**
 * What plain SQL can do with the same purchases and none of the promises: transactions of 1,000, each one event row and one
 * balance upsert a purchase. One connection, text arrays, prepared statements: the way a careful person would write it by hand.
 * @returns purchases a second
 */
export async function rawTransactions(pool: Pool, documents: readonly string[]): Promise<number> {
  await pool.query(`DROP SCHEMA IF EXISTS bench_raw CASCADE; CREATE SCHEMA bench_raw;
    CREATE TABLE bench_raw.events (position bigint PRIMARY KEY, member text NOT NULL, recorded timestamptz NOT NULL, data text NOT NULL);
    CREATE TABLE bench_raw.balances (member text PRIMARY KEY, points bigint NOT NULL)`);
  const members = documents.map((text) => (JSON.parse(text) as { member: string }).member);
  const client = await pool.connect();
  const started = performance.now();
  try {
    for (let from = 0; from < documents.length; from += ROWS) {
      const slice = documents.slice(from, from + ROWS);
      const subjects = members.slice(from, from + ROWS);
      await client.query('BEGIN');
      await client.query({
        name: 'bench_raw_events',
        text: `INSERT INTO bench_raw.events SELECT $1 + n, m, now(), d FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS t (m, d, n)`,
        values: [from, subjects, slice],
      });
      await client.query({
        name: 'bench_raw_balances',
        text: `INSERT INTO bench_raw.balances AS b SELECT m, sum(1) FROM unnest($1::text[]) AS m GROUP BY m ORDER BY m
          ON CONFLICT (member) DO UPDATE SET points = b.points + excluded.points`,
        values: [subjects],
      });
      await client.query('COMMIT');
    }
  } finally {
    client.release();
  }
  const seconds = (performance.now() - started) / 1000;
  await pool.query('DROP SCHEMA bench_raw CASCADE');
  return documents.length / seconds;
}

/**
 * The naive hot member: every caller locks the member's row, inserts an event, updates the balance, commits.
 * @returns commands a second
 */
export async function rowLockTransactions(pool: Pool, callers: number, seconds: number): Promise<number> {
  await pool.query(`DROP SCHEMA IF EXISTS bench_raw CASCADE; CREATE SCHEMA bench_raw;
    CREATE TABLE bench_raw.events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, member text NOT NULL, key text NOT NULL UNIQUE,
      recorded timestamptz NOT NULL, points bigint NOT NULL);
    CREATE TABLE bench_raw.balances (member text PRIMARY KEY, points bigint NOT NULL);
    INSERT INTO bench_raw.balances VALUES ('hot', 1000000000)`);
  const until = performance.now() + seconds * 1000;
  let done = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let i = 0; performance.now() < until; i++) {
        const client = await pool.connect();
        try {
          await client.query('BEGIN');
          await client.query({
            name: 'rl1',
            text: 'SELECT points FROM bench_raw.balances WHERE member = $1 FOR UPDATE',
            values: ['hot'],
          });
          await client.query({
            name: 'rl2',
            text: 'INSERT INTO bench_raw.events (member, key, recorded, points) VALUES ($1, $2, now(), -1)',
            values: ['hot', `${caller}-${i}`],
          });
          await client.query({
            name: 'rl3',
            text: 'UPDATE bench_raw.balances SET points = points - 1 WHERE member = $1',
            values: ['hot'],
          });
          await client.query('COMMIT');
          done++;
        } finally {
          client.release();
        }
      }
    }),
  );
  const rate = done / ((performance.now() - started) / 1000);
  await pool.query('DROP SCHEMA bench_raw CASCADE');
  return rate;
}

/**
 * One-row commits at a fixed rate from the same pool: the floor that any durable answer stands on.
 * @returns latencies in milliseconds, measured from the scheduled instant
 */
export async function bareCommits(pool: Pool, perSecond: number, seconds: number): Promise<number[]> {
  await pool.query(
    `DROP SCHEMA IF EXISTS bench_raw CASCADE; CREATE SCHEMA bench_raw; CREATE TABLE bench_raw.rows (id bigint PRIMARY KEY)`,
  );
  const latencies = await openLoop(perSecond, seconds, (i) =>
    pool.query({ name: 'bench_raw_row', text: 'INSERT INTO bench_raw.rows VALUES ($1)', values: [i] }),
  );
  await pool.query('DROP SCHEMA bench_raw CASCADE');
  return latencies;
}

/** Starts call i at i / perSecond whether or not earlier ones have answered; latency counts from that scheduled instant. */
export async function openLoop(
  perSecond: number,
  seconds: number,
  call: (i: number) => Promise<unknown>,
): Promise<number[]> {
  const total = Math.round(perSecond * seconds);
  const latencies: number[] = [];
  const pending: Promise<void>[] = [];
  const started = performance.now();
  let next = 0;
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * perSecond) + 1);
      for (; next < due; next++) {
        const scheduled = started + (next / perSecond) * 1000;
        pending.push(
          call(next).then(() => {
            latencies.push(performance.now() - scheduled);
          }),
        );
      }
      if (next >= total) resolve();
      // Every millisecond: spinning would take the core that PostgreSQL needs.
      else setTimeout(tick, 1);
    };
    tick();
  });
  await Promise.all(pending);
  return latencies;
}

/** The p-quantile (0–1) by nearest rank. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? NaN;
}
