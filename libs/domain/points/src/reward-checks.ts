import type { Check } from '@loyalty/database';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

const SHOWN = 20;

/**
 * Straight from the payloads: no piece and no code went out twice, and members and rewards agree about every redemption. One that is on
 * its way (held, not yet decided or not yet told) is no problem.
 */
const piecesAgree: Check = {
  name: 'points: no piece of a reward and no code was handed out twice, and rewards know what members redeemed',
  async run(pool) {
    const { rows } = await pool.query<{ checked: number; problem: string | null }>(
      `WITH told AS MATERIALIZED (
         SELECT e.type, program, reward, piece, coalesce(redemption, reservation) AS redemption, code
         FROM ${schema}.events AS e
         CROSS JOIN LATERAL json_to_record(e.data::json) AS d(program text, reward text, piece bigint, redemption text, reservation text, code text)
         WHERE type IN ('reward.held.v1', 'reward.taken.v1', 'reward.freed.v1') OR type IN ('points.redeemed.v1', 'points.captured.v1') AND data LIKE '%"piece":%'
       ), redeemed AS (SELECT * FROM told WHERE type IN ('points.redeemed.v1', 'points.captured.v1') AND piece IS NOT NULL
       ), told_by AS (
         SELECT program, reward, piece, redemption,
           count(*) FILTER (WHERE type IN ('points.redeemed.v1', 'points.captured.v1')) AS redeemed, count(*) FILTER (WHERE type = 'reward.held.v1') AS held,
           count(*) FILTER (WHERE type = 'reward.taken.v1') AS taken, count(*) FILTER (WHERE type = 'reward.freed.v1') AS freed
         FROM told GROUP BY 1, 2, 3, 4
       ), odd AS MATERIALIZED (
         SELECT format('piece %s of %s in %s was handed out %s times', piece, reward, program, count(*)) AS problem
         FROM redeemed GROUP BY program, reward, piece HAVING count(*) > 1
         UNION ALL SELECT format('a code of %s in %s was handed out %s times', min(reward), program, count(*))
         FROM redeemed WHERE code IS NOT NULL GROUP BY program, code HAVING count(*) > 1
         UNION ALL SELECT format('redemption %s of %s in %s holds no piece', redemption, reward, program) FROM told_by WHERE held = 0
         UNION ALL SELECT format('redemption %s of %s in %s was not made, but its piece is taken', redemption, reward, program)
         FROM told_by WHERE taken > redeemed
         UNION ALL SELECT format('redemption %s of %s in %s was made, but its piece is free', redemption, reward, program)
         FROM told_by WHERE freed > 0 AND redeemed > 0
       )
       SELECT (SELECT count(*) FROM redeemed) AS checked, shown.problem FROM (VALUES (1)) AS once
       LEFT JOIN (SELECT problem FROM odd ORDER BY problem LIMIT ${SHOWN}) AS shown ON true`,
    );
    const problems = rows.flatMap(({ problem }) => (problem === null ? [] : [problem]));
    return { ok: problems.length === 0, checked: rows[0]?.checked ?? 0, problems };
  },
};

export const rewardChecks: readonly Check[] = [piecesAgree];
