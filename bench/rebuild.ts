import { points, redeemWork } from '@loyalty/points';
import { rebuild } from '@loyalty/projections';
import type { Pool } from 'pg';
import { earn, emptyLedger, memberName, PROGRAM } from './ledger.ts';
import { benchRow, type BenchRow } from './row.ts';

const MEMBERS = 40_000;
const SHARDS = 8;

/** What a person would write who only wants the two tables, once: lots and wallets by one statement each over all payloads. */
const BY_HAND = `
CREATE TABLE bench_raw.lots AS
  SELECT e.subject AS member, d.program, p.lot, min(d.active_from) AS active_from, min(d.expires_at) AS expires_at,
    sum(-p.points) FILTER (WHERE p.bucket = 'issued') AS issued, sum(p.points) FILTER (WHERE p.bucket = 'held') AS held,
    sum(p.points) FILTER (WHERE p.bucket = 'spent') AS spent, sum(p.points) FILTER (WHERE p.bucket = 'expired') AS expired,
    sum(p.points) FILTER (WHERE p.bucket = 'reversed') AS reversed, sum(p.points) FILTER (WHERE p.bucket = 'owed') AS owed
  FROM points.events AS e
  CROSS JOIN LATERAL (SELECT data::json AS j OFFSET 0) AS parsed
  CROSS JOIN LATERAL (SELECT j ->> 'program' AS program, (j ->> 'activeFrom')::timestamptz AS active_from, (j ->> 'expiresAt')::timestamptz AS expires_at) AS d
  CROSS JOIN LATERAL json_to_recordset(j -> 'postings') AS p(lot text, bucket text, points bigint)
  GROUP BY 1, 2, 3;
ALTER TABLE bench_raw.lots ADD PRIMARY KEY (member, program, lot);
CREATE TABLE bench_raw.wallets AS
  SELECT member, program, sum(issued) AS issued, sum(held) AS held, sum(spent) AS spent, sum(expired) AS expired,
    sum(reversed) AS reversed, sum(owed) AS owed FROM bench_raw.lots GROUP BY 1, 2;
ALTER TABLE bench_raw.wallets ADD PRIMARY KEY (member, program)`;

export interface RebuildBenchOptions {
  readonly pool: Pool;
  /** Events in the log. @default 1_000_000 */
  readonly events?: number;
  readonly onProgress?: (what: string) => void;
}

/** Wallets and lots rebuilt from the log while redemptions and balances are served, divided by making them by hand in peace. */
export async function rebuildBench({ pool, events = 1_000_000, onProgress }: RebuildBenchOptions): Promise<BenchRow> {
  const writer = await emptyLedger(pool);
  try {
    await earn(writer, {
      count: events,
      seed: 11,
      members: MEMBERS,
      prefix: 'log',
      onProgress: (n) => onProgress?.(`log: ${n} of ${events} events`),
    });
    await pool.query('ANALYZE points.events');
    onProgress?.('by hand');
    const baseline = events / (await byHand(pool));
    onProgress?.('rebuild under traffic');
    const traffic = new AbortController();
    const served = serve(traffic.signal);
    const started = performance.now();
    let pauseMs = 0;
    for (const name of ['lots', 'wallets']) {
      const model = points.readModels.find((each) => each.name === name);
      if (!model) throw new Error(`no read model ${name}`);
      const result = await rebuild({ pool, definition: points, model, shards: SHARDS });
      if (!result.swapped) throw new Error(`${name} differs: ${JSON.stringify(result.differences)}`);
      pauseMs = Math.max(pauseMs, result.pauseMs);
    }
    const value = events / ((performance.now() - started) / 1000);
    traffic.abort();
    const answered = await served;
    return benchRow({
      name: 'rebuild',
      what: `lots and wallets from ${events} events; meanwhile ${answered} redemptions and reads served, pause ${Math.round(pauseMs)} ms`,
      value,
      baseline,
      unit: 'events/s',
      goal: 0.3,
    });
  } finally {
    await writer.close();
  }

  async function serve(signal: AbortSignal): Promise<number> {
    let answered = 0;
    await Promise.all(
      [1, 2, 3, 4].map(async (caller) => {
        for (let i = 0; !signal.aborted; i++) {
          const member = memberName((caller * 9973 + i * 31) % 5000);
          await writer.execute(redeemWork(member, `t-${caller}-${i}`, { program: PROGRAM, points: 1 }));
          await pool.query('SELECT held FROM points.wallets WHERE member = $1', [member]);
          answered++;
        }
      }),
    );
    return answered;
  }
}

async function byHand(pool: Pool): Promise<number> {
  await pool.query('DROP SCHEMA IF EXISTS bench_raw CASCADE; CREATE SCHEMA bench_raw');
  const started = performance.now();
  await pool.query(BY_HAND);
  const seconds = (performance.now() - started) / 1000;
  await pool.query('DROP SCHEMA bench_raw CASCADE');
  return seconds;
}
