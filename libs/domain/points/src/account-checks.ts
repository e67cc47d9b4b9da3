import type { Check } from '@loyalty/database';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

const SHOWN = 20;

/** Straight from the log: between a closing and the next reopening nothing was spent, reserved, sent or given. */
const closedRests: Check = {
  name: 'points: no points of a closed account were spent, reserved, sent or given',
  async run(pool) {
    const { rows } = await pool.query<{ checked: number; problem: string | null }>(
      `WITH step AS MATERIALIZED (
         SELECT shard, subject, position, time, type = 'account.closed.v1' AS closed,
           lead(position) OVER (PARTITION BY shard, subject ORDER BY position) AS next
         FROM ${schema}.events WHERE type IN ('account.closed.v1', 'account.reopened.v1')
       ), odd AS MATERIALIZED (
         SELECT format('entry %s/%s of %s: %s, but the account is closed', e.shard, e.position, e.subject, e.type) AS problem
         FROM step JOIN ${schema}.events AS e
           ON e.shard = step.shard AND e.subject = step.subject AND e.position > step.position AND e.position < coalesce(step.next, e.position + 1)
         WHERE step.closed AND (e.type IN ('points.redeemed.v1', 'points.reserved.v1', 'points.sent.v1')
           OR e.type = 'points.adjusted.v1' AND (e.data::json ->> 'points')::bigint > 0)
         UNION ALL
         SELECT format('the account of %s is not what its entry %s/%s says', coalesce(step.subject, kept.member), coalesce(step.shard, kept.shard), coalesce(step.position, kept.position))
         FROM step FULL JOIN ${schema}.account_steps AS kept ON kept.member = step.subject AND kept.position = step.position
         WHERE (step.shard, step.closed, step.time) IS DISTINCT FROM (kept.shard, kept.closed, kept.at)
       )
       SELECT (SELECT count(*) FROM step) AS checked, shown.problem FROM (VALUES (1)) AS once
       LEFT JOIN (SELECT problem FROM odd ORDER BY problem LIMIT ${SHOWN}) AS shown ON true`,
    );
    const problems = rows.flatMap(({ problem }) => (problem === null ? [] : [problem]));
    return { ok: problems.length === 0, checked: rows[0]?.checked ?? 0, problems };
  },
};

export const accountChecks: readonly Check[] = [closedRests];
