import type { Check, CheckResult } from '@loyalty/database';
import { readLog } from '@loyalty/event-store';
import type { Pool } from 'pg';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

const SHOWN = 20;

/** Which way the lists of lots in a decision's event move points. */
const WAYS = `(VALUES
    ('points.redeemed.v1', 'allocations', 'spent', 1), ('points.adjusted.v1', 'allocations', 'reversed', 1),
    ('points.reserved.v1', 'allocations', 'reserved', 1),
    ('points.captured.v1', 'allocations', 'reserved', -1), ('points.captured.v1', 'allocations', 'spent', 1),
    ('points.captured.v1', 'released', 'reserved', -1),
    ('points.voided.v1', 'released', 'reserved', -1), ('points.released.v1', 'released', 'reserved', -1),
    ('points.undone.v1', 'allocations', 'spent', -1), ('points.undone.v1', 'revived', 'sent', 1),
    ('points.sent.v1', 'lots', 'sent', 1)
  )`;

const FIELDS = ['issued', 'received', 'reserved', 'spent', 'reversed', 'sent'];
const pivot = FIELDS.map((field) => `coalesce(sum(points) FILTER (WHERE field = '${field}'), 0) AS ${field}`);
const sums = FIELDS.map((field) => `sum(${field}) AS ${field}`);
/** `left`: what is still there, spendable or not, and what expired. */
const compared = [...FIELDS, 'left'];
const LEFT = 'issued + received - reserved - spent - reversed - sent AS "left"';
const row = (table: string): string => compared.map((field) => `coalesce(${table}."${field}", 0)`).join(', ');
const kept = (table: string, key: string): string =>
  `SELECT ${key}, -issued AS issued, -received AS received, reserved, spent, reversed, sent, held + expired AS "left"
   FROM ${schema}.${table} WHERE shard = $1`;
/** Of the fields that differ, those that the events alone decide. */
const differing = `CROSS JOIN LATERAL (VALUES ${compared
  .map((field) => `('${field}', coalesce(log."${field}", 0), coalesce(kept."${field}", 0))`)
  .join(', ')}) AS field(name, expected, found)
   WHERE (${row('log')}) IS DISTINCT FROM (${row('kept')}) AND expected <> found
     AND (short.member IS NULL OR field.name IN ('received', 'reserved', 'spent', 'sent'))`;

/**
 * Every lot and wallet of a shard ($1) once more, from what the events *say* happened (what a purchase is worth, which lots a decision
 * took points from), not from their postings, and with none of the ledger's code. Where points were ever short, only the arithmetic of
 * debts tells what was issued, taken back and is left; there the rest is compared.
 */
const ORACLE = `
WITH event AS MATERIALIZED (
  SELECT e.subject AS member, e.type, e.position, d.*,
    CASE e.type WHEN 'points.repaid.v1' THEN true WHEN 'points.reversed.v1' THEN d.shortfall <> '0'
      WHEN 'points.corrected.v1' THEN coalesce(d.waived, 0) <> 0 OR strpos(e.data, '"bucket":"reversed"') > 0
      ELSE false END OR strpos(e.data, '"owed"') > 0 AS short
  FROM ${schema}.events AS e
  CROSS JOIN LATERAL json_to_record(e.data::json) AS d(
    program text, lot text, points bigint, waived bigint, shortfall text, allocations json, released json, revived json, lots json)
  WHERE e.shard = $1 AND e.type LIKE 'points.%' AND e.type <> 'points.expired.v1'
), short AS (
  SELECT DISTINCT member, program FROM event WHERE short
), moved AS (
  SELECT member, program, lot, points + coalesce(waived, 0) AS points,
    CASE type WHEN 'points.received.v1' THEN 'received' WHEN 'points.reversed.v1' THEN 'reversed' ELSE 'issued' END AS field
  FROM event
  WHERE type IN ('points.earned.v1', 'points.corrected.v1', 'points.opened.v1', 'points.received.v1', 'points.reversed.v1')
     OR type = 'points.adjusted.v1' AND points > 0
  UNION ALL
  SELECT member, program, part.lot, way.sign * part.points, way.field
  FROM event JOIN ${WAYS} AS way(type, list, field, sign) USING (type)
  CROSS JOIN LATERAL json_to_recordset(coalesce(CASE way.list WHEN 'allocations' THEN allocations WHEN 'released' THEN released
    WHEN 'revived' THEN revived ELSE lots END, '[]')) AS part(lot text, points bigint)
), told AS MATERIALIZED (
  SELECT member, program, lot, ${pivot.join(', ')} FROM moved GROUP BY member, program, lot
), lot AS (SELECT *, ${LEFT} FROM told),
wallet AS (SELECT *, ${LEFT} FROM (SELECT member, program, ${sums.join(', ')} FROM told GROUP BY member, program) AS summed),
odd AS MATERIALIZED (
  SELECT format('the wallet of %s in %s: %s is %s by the events, %s in its row', member, program, field.name, expected, found) AS problem
  FROM wallet AS log FULL JOIN (${kept('wallets', 'member, program')}) AS kept USING (member, program)
  LEFT JOIN short USING (member, program) ${differing}
  UNION ALL
  SELECT format('lot %s of %s in %s: %s is %s by the events, %s in its row', lot, member, program, field.name, expected, found)
  FROM lot AS log FULL JOIN (${kept('lots', 'member, program, lot')}) AS kept USING (member, program, lot)
  LEFT JOIN short USING (member, program) ${differing}
)
SELECT (SELECT count(*) FROM told) AS checked, shown.problem FROM (VALUES (1)) AS once
LEFT JOIN (SELECT problem FROM odd ORDER BY problem LIMIT ${SHOWN}) AS shown ON true`;

/** Shard by shard: no more than one of them is ever in the database's memory. */
export const oracleCheck: Check = {
  name: 'points: lots and wallets are what the events say, worked out without the ledger',
  async run(pool: Pool): Promise<CheckResult> {
    const { shards } = await readLog(pool, schema);
    let checked = 0;
    const problems: string[] = [];
    for (let shard = 0; shard < shards; shard += 1) {
      const { rows } = await pool.query<{ checked: number; problem: string | null }>(ORACLE, [shard]);
      checked += rows[0]?.checked ?? 0;
      for (const { problem } of rows) if (problem !== null && problems.length < SHOWN) problems.push(problem);
    }
    return { ok: problems.length === 0, checked, problems };
  },
};
