import type { Check } from '@loyalty/database';
import { discardSubject } from '@loyalty/event-log';
import { TRANSFERS } from './courier.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

const SHOWN = 20;
const { consumer, source } = TRANSFERS;
const OF_COURIER = `consumer = '${consumer}' AND source = '${source}'`;

/** Straight from the log, up to where the courier stands: beyond it points are under way. */
const arrived: Check = {
  name: 'points: what members sent has arrived, whole and once',
  async run(pool) {
    const { rows } = await pool.query<{ checked: number; problem: string | null }>(
      `WITH sent AS MATERIALIZED (
         SELECT e.shard, e.position, e.subject AS member, d."to" AS receiver, d.program, d.transfer, d.points
         FROM ${schema}.events AS e
         CROSS JOIN LATERAL json_to_record(e.data::json) AS d(program text, transfer text, "to" text, points bigint)
         WHERE e.type = 'points.sent.v1'
       ), received AS MATERIALIZED (
         SELECT d."from" ->> 'member' AS member, e.subject AS receiver, d.program, d.transfer, sum(d.points) AS points
         FROM ${schema}.events AS e
         CROSS JOIN LATERAL json_to_record(e.data::json) AS d(program text, transfer text, "from" json, points bigint)
         WHERE e.type = 'points.received.v1' AND d."from" ->> 'member' IS NOT NULL
         GROUP BY 1, 2, 3, 4
       ), given_up AS (
         SELECT (data::json ->> 'shard')::smallint AS shard, (data::json ->> 'position')::bigint AS position
         FROM ${schema}.events WHERE shard = 0 AND subject = '${discardSubject(TRANSFERS)}'
       ), due AS (
         SELECT sent.* FROM sent JOIN ${schema}.checkpoints AS c
           ON ${OF_COURIER} AND c.shard = sent.shard AND sent.position <= c.position
         WHERE NOT EXISTS (SELECT FROM given_up AS g WHERE (g.shard, g.position) = (sent.shard, sent.position))
       ), odd AS MATERIALIZED (
         SELECT format('transfer %s/%s of %s points from %s to %s is parked, so they are with neither (loyalty parked list)',
           due.shard, due.position, due.points, member, receiver) AS problem
         FROM due JOIN ${schema}.parked AS p ON ${OF_COURIER} AND (p.shard, p.position) = (due.shard, due.position)
         UNION ALL
         SELECT format('transfer %s/%s: %s sent %s %s points, %s arrived',
           due.shard, due.position, due.member, due.receiver, due.points, coalesce(received.points, 0))
         FROM due LEFT JOIN received USING (member, receiver, program, transfer)
         WHERE received.points IS DISTINCT FROM due.points
           AND NOT EXISTS (SELECT FROM ${schema}.parked AS p WHERE ${OF_COURIER} AND (p.shard, p.position) = (due.shard, due.position))
         UNION ALL
         SELECT format('%s received %s points of transfer %s, which %s never sent', receiver, points, transfer, member)
         FROM received AS r
         WHERE NOT EXISTS (SELECT FROM sent AS s WHERE (s.member, s.receiver, s.program, s.transfer) = (r.member, r.receiver, r.program, r.transfer))
       )
       SELECT (SELECT count(*) FROM due) AS checked, shown.problem FROM (VALUES (1)) AS once
       LEFT JOIN (SELECT problem FROM odd ORDER BY problem LIMIT ${SHOWN}) AS shown ON true`,
    );
    const problems = rows.flatMap(({ problem }) => (problem === null ? [] : [problem]));
    return { ok: problems.length === 0, checked: rows[0]?.checked ?? 0, problems };
  },
};

export const arrivalChecks: readonly Check[] = [arrived];
