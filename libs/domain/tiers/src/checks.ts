import { textArray, transaction, type Check, type CheckResult } from '@loyalty/database';
import { canonicalJson, formatInstant } from '@loyalty/kernel';
import type { PoolClient } from 'pg';
import { stateFromLog, type LoggedEvent } from './core/evolve.ts';
import { foldHistory } from './core/history.ts';
import { emptyState } from './core/member-state.ts';
import type { Programs } from './core/programs.ts';
import { purchaseRating, returnRatings } from './core/ratings.ts';
import type { Course } from './core/tier-course.ts';
import { isMember, membersAfter } from './members-of-log.ts';
import { loadPrograms } from './published-programs.ts';
import { TIERS_SCHEMA as schema } from './names.ts';

const SHOWN = 20;
const MEMBERS = 500;

/** Every member from the first fact on, apart from all that was decided on the way: what stands must be what comes out. */
async function standsWhatFactsGive(tx: PoolClient): Promise<CheckResult> {
  const programs = await loadPrograms(tx);
  const problems: string[] = [];
  let checked = 0;
  const { rows: shards } = await tx.query<{ shard: number }>(`SELECT shard FROM ${schema}.heads ORDER BY shard`);
  for (const { shard } of shards) {
    for (let after = ''; ;) {
      const subjects = await membersAfter(tx, schema, shard, after, MEMBERS);
      if (subjects.length === 0) break;
      after = subjects.at(-1) as string;
      const members = subjects.filter(isMember);
      checked += members.length;
      problems.push(...(await faultsOf(tx, shard, members, programs)));
    }
  }
  return { ok: problems.length === 0, checked, problems: problems.slice(0, SHOWN) };
}

async function faultsOf(
  tx: PoolClient,
  shard: number,
  members: readonly string[],
  programs: Programs,
): Promise<string[]> {
  const { rows } = await tx.query<LoggedEvent & { subject: string }>(
    `SELECT subject, type, data FROM ${schema}.events WHERE shard = $1 AND subject = ANY ($2::text[]) ORDER BY position`,
    [shard, textArray([...members])],
  );
  const { rows: courses } = await tx.query<{ member: string; program: string; steps: string }>(
    `SELECT member, program, string_agg(tier || ' ' || floor(extract(epoch FROM held_from) * 1000)::bigint, ', ' ORDER BY held_from) AS steps
     FROM ${schema}.tier_steps WHERE member = ANY ($1::text[]) GROUP BY member, program`,
    [textArray([...members])],
  );
  const kept = new Map(courses.map(({ member, program, steps }) => [JSON.stringify([member, program]), steps]));
  return [...Map.groupBy(rows, ({ subject }) => subject)].flatMap(([member, events]) =>
    memberFaults(member, events, kept, programs),
  );
}

function memberFaults(
  member: string,
  events: readonly LoggedEvent[],
  kept: Map<string, string>,
  programs: Programs,
): string[] {
  const state = stateFromLog(emptyState(programs, true), events);
  const history = foldHistory(state.facts ?? [], programs);
  const faults: string[] = [];
  for (const [fact, outcome] of history.outcomes) {
    if (canonicalJson(fact.standing) === canonicalJson(purchaseRating(fact, outcome))) continue;
    faults.push(`${member}: purchase ${fact.source}/${fact.id} is not rated as its facts and program say`);
  }
  for (const [fact, ratings] of returnRatings(history, (each) => programs.of(each.source, each.named, each.time))) {
    for (const [program, rating] of ratings) {
      if (canonicalJson(fact.standing.get(program)) === canonicalJson(rating)) continue;
      faults.push(`${member}: return ${fact.source}/${fact.id} does not take back in ${program} what it should`);
    }
  }
  for (const program of new Set([...state.courses.keys(), ...history.timelines.keys()])) {
    const due = told(history.timelines.get(program)?.certainCourse() ?? []);
    const inLog = told(state.courses.get(program) ?? []);
    const inTable = kept.get(JSON.stringify([member, program])) ?? '';
    if (due !== inLog) faults.push(`${member}: tiers in ${program} are ${inLog}; the facts give ${due}`);
    if (inLog !== inTable) faults.push(`${member}: tiers in ${program} are kept as ${inTable}; the log says ${inLog}`);
  }
  return faults;
}

const told = (course: Course): string =>
  course.flatMap(({ tier, from }) => (tier === null ? [] : [`${tier} ${from}`])).join(', ');

/** Cells are the points, lines are the amount: by the log's own text, without the engine. */
async function ratingsAddUp(tx: PoolClient): Promise<CheckResult> {
  const { rows } = await tx.query<{ checked: number; wrong: string[] | null }>(
    `SELECT count(*) AS checked,
       (array_agg(subject || ': rating of ' || (r -> 'purchase' ->> 'id') || ' does not add up') FILTER (WHERE
         (r ->> 'points')::numeric <> (SELECT coalesce(sum((c ->> 'points')::numeric), 0) FROM json_array_elements(r -> 'cells') AS c)
         OR (r ->> 'eligible')::numeric <> (SELECT coalesce(sum((l ->> 'eligible')::numeric), 0) FROM json_array_elements(r -> 'lines') AS l)
       ))[:${SHOWN}] AS wrong
     FROM (
       SELECT subject, CASE type WHEN 'purchase.rated.v1' THEN data::json ELSE data::json -> 'purchase' END AS r
       FROM ${schema}.events WHERE type IN ('purchase.rated.v1', 'rating.corrected.v1')
       OFFSET 0
     ) AS ratings
     WHERE r IS NOT NULL`,
  );
  const problems = rows[0]?.wrong ?? [];
  return { ok: problems.length === 0, checked: rows[0]?.checked ?? 0, problems };
}

/** Every shard has the same versions, and a program's version is what its text says. */
async function shardsHaveTheSamePrograms(tx: PoolClient): Promise<CheckResult> {
  const { rows } = await tx.query<{
    program: string;
    effective: number;
    shards: number;
    versions: number;
    all: number;
  }>(
    `SELECT program, floor(extract(epoch FROM effective_from) * 1000)::bigint AS effective, count(*) AS shards,
       count(DISTINCT version) AS versions, (SELECT count(*) FROM ${schema}.heads) AS all
     FROM ${schema}.programs GROUP BY program, effective_from`,
  );
  const problems = rows
    .filter(({ shards, versions, all }) => shards !== all || versions !== 1)
    .map(({ program, effective }) => `${program} from ${formatInstant(effective)} differs between shards`);
  return { ok: problems.length === 0, checked: rows.length, problems: problems.slice(0, SHOWN) };
}

/** One state of the database for every statement of a check, under live writes too. */
const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

export const tiersChecks: readonly Check[] = [
  {
    name: 'tiers: ratings and tiers are what the facts give',
    run: (pool) => transaction(pool, standsWhatFactsGive, SNAPSHOT),
  },
  { name: 'tiers: ratings add up', run: (pool) => transaction(pool, ratingsAddUp, SNAPSHOT) },
  {
    name: 'tiers: all shards have the same programs',
    run: (pool) => transaction(pool, shardsHaveTheSamePrograms, SNAPSHOT),
  },
];
