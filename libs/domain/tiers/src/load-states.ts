import { int2Array, textArray } from '@loyalty/database';
import type { Depth, SubjectRef } from '@loyalty/event-store';
import type { ClientBase } from 'pg';
import { lightenIfSettled, stateFromLog, type LoggedEvent } from './core/evolve.ts';
import { emptyState, type MemberState } from './core/member-state.ts';
import type { Programs } from './core/programs.ts';

/**
 * States of the given members, folded from their own events. A shallow one drops the facts again: nine in ten purchases come in
 * order and need none. (A table of states would cost an upsert a purchase to save a read a member.)
 */
export async function loadStates(
  tx: ClientBase,
  schema: string,
  subjects: readonly SubjectRef[],
  depth: Depth,
  programs: Programs,
): Promise<Map<string, MemberState>> {
  const { rows } = await tx.query<LoggedEvent & { subject: string }>({
    name: `${schema} member events`,
    text: `SELECT e.subject, e.type, e.data
           FROM unnest($1::int2[], $2::text[]) AS wanted (shard, subject)
           JOIN ${schema}.events AS e ON e.shard = wanted.shard AND e.subject = wanted.subject
           ORDER BY e.shard, e.position`,
    values: [int2Array(subjects.map(({ shard }) => shard)), textArray(subjects.map(({ subject }) => subject))],
  });
  const events = Map.groupBy(rows, ({ subject }) => subject);
  return new Map(
    subjects.map(({ subject }) => {
      const own = events.get(subject);
      if (!own) return [subject, emptyState(programs, depth === 'full')];
      const state = stateFromLog(emptyState(programs, depth === 'full'), own);
      return [subject, depth === 'full' ? state : lightenIfSettled(state)];
    }),
  );
}
