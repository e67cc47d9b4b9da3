import { transaction, type Check, type CheckResult } from '@loyalty/database';
import type { PoolClient } from 'pg';
import { emptyFeedback, evolve } from './core/case.ts';
import { QUESTIONS } from './core/decide.ts';
import { FEEDBACK_SCHEMA as schema } from './feedback-writer.ts';

const SHOWN = 20;
const PAGE = 10_000;

interface LogRow {
  readonly position: number;
  readonly type: string;
  readonly data: string;
}

/** The read model `cases` beside what the core makes of the log, shard by shard. Memory: the cases of one shard. */
async function casesEqualLog(tx: PoolClient): Promise<CheckResult> {
  const problems: string[] = [];
  let checked = 0;
  const { rows: shards } = await tx.query<{ shard: number }>(`SELECT shard FROM ${schema}.heads ORDER BY shard`);
  for (const { shard } of shards) {
    const folded = await foldShard(tx, shard);
    const { rows } = await tx.query<{ id: string; status: string; assignee: string | null }>(
      `SELECT case_id AS id, status, assignee FROM ${schema}.cases WHERE shard = $1`,
      [shard],
    );
    checked += folded.size;
    for (const { id, status, assignee } of rows) {
      const told = folded.get(id);
      folded.delete(id);
      if (told?.status === status && told.assignee === assignee) continue;
      const log = told ? `${told.status}, ${told.assignee ?? 'nobody'}` : 'nothing';
      problems.push(`case ${id} is kept as ${status}, ${assignee ?? 'nobody'}; its log says ${log}`);
    }
    for (const id of folded.keys()) problems.push(`case ${id} is in the log and not kept`);
  }
  return { ok: problems.length === 0, checked, problems: problems.slice(0, SHOWN) };
}

async function foldShard(tx: PoolClient, shard: number) {
  const state = emptyFeedback();
  for (let after = 0; ;) {
    const { rows } = await tx.query<LogRow>(
      `SELECT position, type, data FROM ${schema}.events
       WHERE shard = $1 AND position > $2 AND type LIKE 'case.%' ORDER BY position LIMIT ${PAGE}`,
      [shard, after],
    );
    for (const row of rows) evolve(state, row);
    const last = rows.at(-1);
    if (!last) return state.cases;
    after = last.position;
  }
}

/** Everybody unhappy is heard, and nobody else: answers and cases by SQL alone. */
async function detractorsHaveCases(tx: PoolClient): Promise<CheckResult> {
  const { nps, csat } = QUESTIONS;
  const { rows } = await tx.query<{ answers: number; problem: string | null }>(
    `WITH answer AS (
       SELECT data::json ->> 'answer' AS id FROM ${schema}.events
       WHERE type = 'feedback.answered.v1'
         AND (data::json ->> 'score')::int <= CASE data::json ->> 'kind' WHEN 'nps' THEN ${nps.detractorTo} ELSE ${csat.detractorTo} END
     ), opened AS (
       SELECT data::json ->> 'answer' AS id FROM ${schema}.events
       WHERE type = 'case.opened.v1' AND data::json ->> 'reason' = 'detractor'
     ), odd AS (
       SELECT CASE WHEN opened.id IS NULL THEN 'answer ' || answer.id || ' opened no case' ELSE 'a case speaks of answer ' || opened.id || ', which gave no reason for it' END AS problem
       FROM answer FULL JOIN opened USING (id)
       WHERE answer.id IS NULL OR opened.id IS NULL
     )
     SELECT (SELECT count(*) FROM answer) AS answers, problem
     FROM (VALUES (1)) AS once LEFT JOIN (SELECT problem FROM odd LIMIT ${SHOWN}) AS shown ON true`,
  );
  const problems = rows.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  return { ok: problems.length === 0, checked: rows[0]?.answers ?? 0, problems };
}

const snapshot = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

export const feedbackChecks: readonly Check[] = [
  { name: 'feedback: cases are what their log says', run: (pool) => transaction(pool, casesEqualLog, snapshot) },
  { name: 'feedback: every detractor has a case', run: (pool) => transaction(pool, detractorsHaveCases, snapshot) },
];
