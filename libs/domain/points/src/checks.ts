import type { Check, CheckResult } from '@loyalty/database';
import type { Pool } from 'pg';
import { oracleCheck } from './oracle.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

const SHOWN = 20;
const BUCKETS = ['issued', 'received', 'held', 'reserved', 'spent', 'expired', 'reversed', 'sent', 'owed'];

/** Every posting there is, straight from the payloads: not the statement that fills the read models. */
const RAW = `raw AS MATERIALIZED (
  SELECT e.shard, e.position, e.subject AS member, d.program, p.*
  FROM ${schema}.events AS e
  CROSS JOIN LATERAL json_to_record(e.data::json) AS d(program text, postings json)
  CROSS JOIN LATERAL json_to_recordset(d.postings) AS p(lot text, bucket text, points bigint)
  WHERE e.type <> 'terms.learned.v1')`;

const pivot = BUCKETS.map((bucket) => `coalesce(sum(points) FILTER (WHERE bucket = '${bucket}'), 0) AS ${bucket}`).join(
  ', ',
);
const sums = BUCKETS.map((bucket) => `sum(${bucket}) AS ${bucket}`).join(', ');
/** A lot without postings (a purchase worth nothing that counts as activity) has a row of zeros. */
const row = (table: string): string => `(${BUCKETS.map((bucket) => `coalesce(${table}.${bucket}, 0)`).join(', ')})`;

/** A check as SQL: `counted` says how many things were looked at, `odd` has a column `problem`. */
function check(name: string, ctes: string, counted: string, odd: string): Check {
  return {
    name: `points: ${name}`,
    async run(pool: Pool): Promise<CheckResult> {
      const { rows } = await pool.query<{ checked: number; problem: string | null }>(
        `WITH ${ctes}, odd AS MATERIALIZED (${odd})
         SELECT (${counted}) AS checked, shown.problem FROM (VALUES (1)) AS once
         LEFT JOIN (SELECT problem FROM odd ORDER BY problem LIMIT ${SHOWN}) AS shown ON true`,
      );
      const problems = rows.flatMap(({ problem }) => (problem === null ? [] : [problem]));
      return { ok: problems.length === 0, checked: rows[0]?.checked ?? 0, problems };
    },
  };
}

/** RULES 7. */
const conserved = check(
  'points are conserved, for every member and over all, and no lot is below zero',
  `${RAW}, lot AS MATERIALIZED (SELECT member, program, lot, ${pivot} FROM raw GROUP BY member, program, lot),
   member AS MATERIALIZED (SELECT member, program, ${sums} FROM lot GROUP BY member, program),
   every AS (SELECT * FROM member UNION ALL SELECT 'all members', program, ${sums} FROM member GROUP BY program)`,
  'SELECT count(*) FROM member',
  `SELECT format('%s in %s: issued %s + received %s are not where they should be', member, program, -issued, -received) AS problem
   FROM every WHERE -issued - received <> held + reserved + spent + expired + reversed + sent + owed
   UNION ALL SELECT format('%s in %s owes %s points', member, program, -owed) FROM member WHERE owed > 0
   UNION ALL SELECT format('in %s %s points were sent, %s received', program, sent, -received) FROM every
   WHERE member = 'all members' AND sent + received < 0
   UNION ALL SELECT format('lot %s of %s in %s is below zero', lot, member, program) FROM lot
   WHERE least(held, reserved, spent, expired, sent, -issued, -received) < 0`,
);

/** The rows that answer requests, beside what the log says. */
const readModels = check(
  'lots and wallets are what the log says',
  `${RAW}, lot AS MATERIALIZED (SELECT member, program, lot, ${pivot} FROM raw GROUP BY member, program, lot),
   wallet AS (SELECT member, program, ${sums} FROM lot GROUP BY member, program),
   terms AS (
     SELECT DISTINCT ON (subject, d.program, d.lot) subject AS member, d.*, time AS at
     FROM ${schema}.events AS e
     CROSS JOIN LATERAL json_to_record(e.data::json) AS d(program text, lot text, points bigint, "activeFrom" timestamptz, "expiresAt" timestamptz)
     WHERE type IN ('points.earned.v1', 'points.corrected.v1', 'points.opened.v1', 'points.received.v1') OR type = 'points.adjusted.v1' AND d.points > 0
     ORDER BY subject, d.program, d.lot, shard, position DESC)`,
  'SELECT count(*) FROM lot',
  `SELECT format('lot %s of %s in %s is not what its postings say', coalesce(kept.lot, lot.lot), coalesce(kept.member, lot.member), coalesce(kept.program, lot.program)) AS problem
   FROM lot FULL JOIN ${schema}.lots AS kept ON kept.member = lot.member AND kept.program = lot.program AND kept.lot = lot.lot
   WHERE ${row('lot')} IS DISTINCT FROM ${row('kept')}
   UNION ALL SELECT format('lot %s of %s in %s has not the dates its last rating gave it', kept.lot, kept.member, kept.program)
   FROM ${schema}.lots AS kept LEFT JOIN terms ON kept.member = terms.member AND kept.program = terms.program AND kept.lot = terms.lot
   WHERE (kept.at, kept.active_from, kept.expires_at) IS DISTINCT FROM (terms.at, terms."activeFrom", terms."expiresAt")
   UNION ALL SELECT format('the wallet of %s in %s is not what its postings say', coalesce(kept.member, wallet.member), coalesce(kept.program, wallet.program))
   FROM wallet FULL JOIN ${schema}.wallets AS kept ON kept.member = wallet.member AND kept.program = wallet.program
   WHERE ${row('wallet')} IS DISTINCT FROM ${row('kept')}`,
);

export const pointsChecks: readonly Check[] = [conserved, readModels, oracleCheck];
