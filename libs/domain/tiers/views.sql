-- The steps one by one, with their end: `held_until` is null for the last one.
DROP VIEW IF EXISTS {schema}.tier_steps;
CREATE VIEW {schema}.tier_steps AS
SELECT program, member, held_from, held_until, tier
FROM (
  SELECT c.program, c.member, s.held_from, lead(s.held_from) OVER (PARTITION BY c.program, c.member ORDER BY s.held_from) AS held_until, s.tier
  FROM {schema}.tier_courses AS c
  CROSS JOIN LATERAL unnest(c.froms, c.tiers) AS s (held_from, tier)
) AS steps
WHERE tier IS NOT NULL;
