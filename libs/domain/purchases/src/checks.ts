import { transaction, type Check, type CheckResult } from '@loyalty/database';
import { readSubjects } from '@loyalty/event-store';
import type { PoolClient } from 'pg';
import { evolve } from './core/evolve.ts';
import { fullState, type FullState } from './core/state.ts';
import { wronglyMatched } from './core/verify-matching.ts';
import { SCHEMA } from './purchases-schema.ts';

const SHOWN = 20;
/** Members whose histories are in memory at once. */
const PAGE = 200;

/** No bought line comes back more often than it was bought, and nothing of what never happened does: by SQL alone. */
async function matchesWithinBought(tx: PoolClient): Promise<CheckResult> {
  const { rows } = await tx.query<{ checked: string; problem: string | null }>(`
    WITH returner AS (
      SELECT DISTINCT shard, subject FROM ${SCHEMA}.events WHERE type = 'purchase.returned.v1'
    ), own AS MATERIALIZED (
      SELECT e.shard, e.position, e.type, e.data::json AS data FROM returner JOIN ${SCHEMA}.events AS e USING (shard, subject)
    ), voided AS (
      SELECT data ->> 'source' AS source, data ->> 'id' AS id FROM own WHERE type = 'purchase.voided.v1'
    ), told AS (
      SELECT coalesce(data -> 'return' ->> 'source', data ->> 'source') AS source,
             coalesce(data -> 'return' ->> 'id', data ->> 'id') AS id, position, data -> 'lines' AS lines
      FROM own WHERE type IN ('purchase.returned.v1', 'purchase.amended.v1')
    ), latest AS (
      SELECT DISTINCT ON (source, id) source, id, lines FROM told
      WHERE (source, id) NOT IN (SELECT source, id FROM voided)
      ORDER BY source, id, position DESC
    ), taken AS (
      SELECT match ->> 'source' AS source, match ->> 'id' AS id, (match ->> 'line')::int AS line, sum((match ->> 'quantity')::numeric) AS quantity
      FROM latest, json_array_elements(lines) AS line, json_array_elements(line -> 'matches') AS match
      GROUP BY 1, 2, 3
    ), purchase AS MATERIALIZED (
      -- Taken out once a document, not once a line: every ->> reads the whole text again.
      SELECT data ->> 'source' AS source, data ->> 'id' AS id, data -> 'lines' AS lines FROM own WHERE type = 'purchase.recorded.v1'
    ), bought AS (
      SELECT source, id, (line ->> 'line')::int AS line, (line ->> 'quantity')::numeric AS quantity
      FROM purchase, json_array_elements(lines) AS line
      WHERE (source, id) IN (SELECT source, id FROM taken) AND (source, id) NOT IN (SELECT source, id FROM voided)
    ), odd AS (
      SELECT format('of line %s of %s/%s, %s came back and %s was bought', line, source, id, taken.quantity, coalesce(bought.quantity, 0)) AS problem
      FROM taken LEFT JOIN bought USING (source, id, line)
      WHERE bought.quantity IS NULL OR taken.quantity > bought.quantity
    )
    SELECT (SELECT count(*) FROM taken) AS checked, problem
    FROM (VALUES (1)) AS once LEFT JOIN (SELECT problem FROM odd ORDER BY problem LIMIT ${SHOWN}) AS shown ON true`);
  return result(
    Number(rows[0]?.checked ?? 0),
    rows.flatMap(({ problem }) => (problem === null ? [] : [problem])),
  );
}

/** Every return undoes what its member's history, folded from the log, says: the matching is worked out again and compared. */
async function matchingIsTheHistorys(tx: PoolClient): Promise<CheckResult> {
  const { rows: subjects } = await tx.query<{ shard: number; subject: string }>(
    `SELECT DISTINCT shard, subject FROM ${SCHEMA}.events WHERE type = 'purchase.returned.v1' ORDER BY shard, subject`,
  );
  const problems: string[] = [];
  for (let at = 0; at < subjects.length; at += PAGE) {
    for (const [subject, events] of await readSubjects(tx, SCHEMA, SCHEMA, subjects.slice(at, at + PAGE))) {
      const { history } = events.reduce(evolve, fullState()) as FullState;
      for (const key of wronglyMatched(history)) {
        problems.push(`return ${key.replace('\n', '/')} of ${subject} is matched otherwise than its history says`);
      }
    }
  }
  return result(subjects.length, problems);
}

/** A purchase takes the fast path only past every return of its member: the read model that says so misses none. */
async function returningMembersMissNone(tx: PoolClient): Promise<CheckResult> {
  const { rows } = await tx.query<{ subject: string; missed: boolean }>(`
    SELECT subject, known.subject IS NULL OR known.latest_return < log.latest AS missed
    FROM (SELECT subject, max(time) AS latest FROM ${SCHEMA}.events WHERE type = 'purchase.returned.v1' GROUP BY subject) AS log
    LEFT JOIN ${SCHEMA}.returning_members AS known USING (subject)`);
  return result(
    rows.length,
    rows.flatMap(({ subject, missed }) => (missed ? [`a return of ${subject} is missing in returning_members`] : [])),
  );
}

function result(checked: number, problems: readonly string[]): CheckResult {
  return { ok: problems.length === 0, checked, problems: problems.slice(0, SHOWN) };
}

/** One state of the database for every statement of a check, under live writes too. */
const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

export const purchasesChecks: readonly Check[] = [
  {
    name: 'purchases: no more comes back than was bought',
    run: (pool) => transaction(pool, matchesWithinBought, SNAPSHOT),
  },
  {
    name: 'purchases: returns are matched as the history says',
    run: (pool) => transaction(pool, matchingIsTheHistorys, SNAPSHOT),
  },
  {
    name: 'purchases: no return is missing in returning_members',
    run: (pool) => transaction(pool, returningMembersMissNone, SNAPSHOT),
  },
];
