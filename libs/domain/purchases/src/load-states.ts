import { parseTimestamptz, textArray } from '@loyalty/database';
import { readSubjects, type Depth, type SubjectRef } from '@loyalty/event-store';
import type { ClientBase } from 'pg';
import { NOBODY } from './core/document.ts';
import { evolve } from './core/evolve.ts';
import { fullState, shallowState, type PurchasesState } from './core/state.ts';
import { SCHEMA } from './purchases-schema.ts';

type States = Map<string, PurchasesState>;

/** States of the given subjects, in one statement. */
export function loadStates(tx: ClientBase, subjects: readonly SubjectRef[], depth: Depth): Promise<States> {
  return depth === 'full' ? loadHistories(tx, subjects) : loadSummaries(tx, subjects);
}

async function loadSummaries(tx: ClientBase, subjects: readonly SubjectRef[]): Promise<States> {
  const states: States = new Map(subjects.map(({ subject }) => [subject, shallowState()]));
  // What nobody known bought is its subject's first fact: nothing can have come back before.
  const members = subjects.flatMap(({ subject }) => (subject.startsWith(NOBODY) ? [] : [subject]));
  if (members.length === 0) return states;
  const { rows } = await tx.query<{ subject: string; latest_return: string; waiting: boolean }>({
    name: `${SCHEMA}_returning_members`,
    text: `SELECT subject, latest_return, waiting FROM ${SCHEMA}.returning_members WHERE subject = ANY ($1::text[])`,
    values: [textArray(members)],
  });
  for (const { subject, latest_return, waiting } of rows) {
    states.set(subject, shallowState(parseTimestamptz(latest_return) / 1000, waiting));
  }
  return states;
}

async function loadHistories(tx: ClientBase, subjects: readonly SubjectRef[]): Promise<States> {
  const events = await readSubjects(tx, SCHEMA, SCHEMA, subjects);
  return new Map(subjects.map(({ subject }) => [subject, (events.get(subject) ?? []).reduce(evolve, fullState())]));
}
