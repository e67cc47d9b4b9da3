import { transaction } from '@loyalty/database';
import { discardSubject } from '@loyalty/event-log';
import type { Pool } from 'pg';
import type { CheckOutcome } from './check-outcome.ts';

interface FlowCheck {
  readonly name: string;
  readonly unit: string;
  /** Whose tables it reads. */
  readonly services: readonly string[];
  /** Rows (label, expected, found), both sides as text, null where missing; one for everything that was compared. */
  readonly sql: string;
}

/**
 * Events of a source up to where a consumer stands, because beyond it the consumer cannot know anything yet, and without what an operator
 * gave up. That is recorded in every shard: the first tells it.
 */
const upTo = (source: string, consumer: string): string => `
  SELECT e.* FROM ${source}.events AS e
  JOIN ${consumer}.checkpoints AS c ON c.consumer = '${consumer}' AND c.source = '${source}' AND c.shard = e.shard
   AND e.position <= c.position
  WHERE (e.shard, e.position) NOT IN (
    SELECT (data::json ->> 'shard')::int, (data::json ->> 'position')::bigint FROM ${consumer}.events
    WHERE shard = 0 AND subject = '${discardSubject({ consumer, source })}')`;

const checks: readonly FlowCheck[] = [
  {
    name: 'tiers knows every document of a member, and no other',
    unit: 'documents',
    services: ['purchases', 'tiers'],
    sql: `
WITH applied AS (${upTo('purchases', 'tiers')}),
recorded AS (
  SELECT DISTINCT data::json ->> 'source' AS source, data::json ->> 'id' AS id, subject AS member
  FROM applied WHERE type IN ('purchase.recorded.v1', 'purchase.returned.v1') AND subject NOT LIKE 'doc:%'
)
SELECT coalesce(recorded.source, rated.source) || '/' || coalesce(recorded.id, rated.id) AS label,
  recorded.member AS expected, rated.member AS found
FROM recorded FULL JOIN tiers.rated_documents AS rated USING (source, id)`,
  },
  {
    name: 'points issued are points rated, purchase by purchase',
    unit: 'purchases',
    services: ['tiers', 'points'],
    sql: `
WITH applied AS (${upTo('tiers', 'points')}),
rating AS (
  SELECT shard, position, subject AS member, data::json AS rating FROM applied WHERE type = 'purchase.rated.v1'
  UNION ALL
  SELECT shard, position, subject, data::json -> 'purchase' FROM applied
  WHERE type = 'rating.corrected.v1' AND data::json -> 'purchase' IS NOT NULL
),
latest AS (
  SELECT DISTINCT ON (member, rating ->> 'program', lot) member, rating ->> 'program' AS program, lot,
    (rating ->> 'points')::bigint AS points
  FROM rating, LATERAL (SELECT (rating -> 'purchase' ->> 'source') || '/' || (rating -> 'purchase' ->> 'id') AS lot) AS named
  ORDER BY member, rating ->> 'program', lot, shard, position DESC
),
issued AS (SELECT member, program, lot, -issued AS points FROM points.lots WHERE origin = 'purchase')
SELECT coalesce(latest.lot, issued.lot) AS label, coalesce(latest.points, 0)::text AS expected, coalesce(issued.points, 0)::text AS found
FROM latest FULL JOIN issued USING (member, program, lot)`,
  },
];

const SHOWN = 20;

/**
 * What one service made of another's log, compared with that log up to its checkpoint. Each comparison in one snapshot, and so only of
 * services that live in the same database.
 */
export async function verifyFlow(pool: Pool, lives: (service: string) => boolean): Promise<CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  for (const { name, unit, services, sql } of checks) {
    if (!services.every(lives)) continue;
    outcomes.push(
      await transaction(
        pool,
        async (tx) => {
          const { rows } = await tx.query<{ checked: number; wrong: number; shown: string[] | null }>(
            `SELECT count(*) AS checked, count(*) FILTER (WHERE expected IS DISTINCT FROM found) AS wrong,
               (array_agg(label || ': ' || coalesce(expected, 'nothing') || ' expected, ' || coalesce(found, 'nothing') || ' found'
                  ORDER BY label) FILTER (WHERE expected IS DISTINCT FROM found))[1:${SHOWN}] AS shown
             FROM (${sql}) AS compared`,
          );
          const { checked, wrong, shown } = rows[0] as (typeof rows)[number];
          return { name, ok: wrong === 0, checked, unit, problems: shown ?? [] };
        },
        'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
      ),
    );
  }
  return outcomes;
}
