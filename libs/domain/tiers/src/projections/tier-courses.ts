import { exactModel } from '@loyalty/projections';

const TYPES = ['purchase.rated.v1', 'return.rated.v1', 'rating.corrected.v1', 'tier.changed.v1', 'tier.opened.v1'];

/**
 * An event's course replaces every step from its own first instant on. So within the set a step stays unless a later event starts
 * at or before it; of the row that is there, the steps before the first new one stay (width_bucket counts them).
 * Most ratings have no course: the text test spares them the parser. Inside JSON a string cannot end in a quote and a colon.
 */
export const tierCoursesModel = exactModel('tiers', {
  name: 'tier_courses',
  subject: 'member',
  events: TYPES,
  sql: `
WITH course AS (
  SELECT position, member, program, steps, (steps -> 0 ->> 'from')::timestamptz AS first
  FROM (
    SELECT position, subject AS member, d -> 'course' AS steps,
      coalesce(d ->> 'program', d -> 'purchase' ->> 'program', d -> 'return' ->> 'program') AS program
    FROM (
      SELECT position, subject, data::jsonb AS d
      FROM {events}
      WHERE type IN (${TYPES.map((type) => `'${type}'`).join(', ')}) AND data LIKE '%"course":[%'
      OFFSET 0
    ) AS parsed
    WHERE d ? 'course'
  ) AS named
), replaced AS (
  SELECT *, min(first) OVER (
    PARTITION BY member, program ORDER BY position DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ) AS replaced_from
  FROM course
)
INSERT INTO {table} AS t (member, program, froms, tiers)
SELECT member, program, array_agg(step_from ORDER BY step_from), array_agg(tier ORDER BY step_from)
FROM (
  SELECT member, program, replaced_from, (step ->> 'from')::timestamptz AS step_from, step ->> 'tier' AS tier
  FROM replaced CROSS JOIN LATERAL jsonb_array_elements(steps) AS step
) AS stepping
WHERE replaced_from IS NULL OR step_from < replaced_from
GROUP BY member, program
ON CONFLICT (member, program) DO UPDATE SET
  froms = t.froms[:width_bucket(excluded.froms[1] - interval '1 microsecond', t.froms)] || excluded.froms,
  tiers = t.tiers[:width_bucket(excluded.froms[1] - interval '1 microsecond', t.froms)] || excluded.tiers`,
});
