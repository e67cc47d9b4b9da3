import { int2Array, textArray } from '@loyalty/database';
import type { Depth, SubjectRef } from '@loyalty/event-store';
import type { ClientBase } from 'pg';
import { NOBODY } from './core/document.ts';
import { evolve } from './core/evolve.ts';
import { fullState, shallowState, type PurchasesState } from './core/state.ts';

/** States of the given subjects, in one statement. */
export function loadStates(
  tx: ClientBase,
  schema: string,
  subjects: readonly SubjectRef[],
  depth: Depth,
): Promise<Map<string, PurchasesState>> {
  return depth === 'full' ? loadHistories(tx, schema, subjects) : loadSummaries(tx, schema, subjects);
}

async function loadSummaries(
  tx: ClientBase,
  schema: string,
  subjects: readonly SubjectRef[],
): Promise<Map<string, PurchasesState>> {
  const states = new Map<string, PurchasesState>(subjects.map(({ subject }) => [subject, shallowState()]));
  // A purchase of nobody known is its subject's first fact, and only members come back without naming what they bought.
  const members = subjects.flatMap(({ subject }) => (subject.startsWith(NOBODY) ? [] : [subject]));
  if (members.length === 0) return states;
  const { rows } = await tx.query<{ subject: string; latest: string; waiting: boolean }>({
    name: `${schema} returning members`,
    text: `SELECT subject, (extract(epoch FROM latest_return) * 1000)::bigint AS latest, waiting
           FROM ${schema}.returning_members WHERE subject = ANY ($1::text[])`,
    values: [textArray(members)],
  });
  for (const row of rows) states.set(row.subject, shallowState(Number(row.latest), row.waiting));
  return states;
}

async function loadHistories(
  tx: ClientBase,
  schema: string,
  subjects: readonly SubjectRef[],
): Promise<Map<string, PurchasesState>> {
  const states = new Map<string, PurchasesState>(subjects.map(({ subject }) => [subject, fullState()]));
  const { rows } = await tx.query<{ subject: string; type: string; ms: string; data: string }>({
    name: `${schema} member histories`,
    text: `SELECT e.subject, e.type, (extract(epoch FROM e.time) * 1000)::bigint AS ms, e.data
           FROM unnest($1::int2[], $2::text[]) AS wanted (shard, subject)
           JOIN ${schema}.events AS e ON e.shard = wanted.shard AND e.subject = wanted.subject
           ORDER BY e.shard, e.position`,
    values: [int2Array(subjects.map(({ shard }) => shard)), textArray(subjects.map(({ subject }) => subject))],
  });
  for (const { subject, type, ms, data } of rows) {
    const state = states.get(subject);
    if (state) states.set(subject, evolve(state, { type, time: Number(ms), data }));
  }
  return states;
}
