import { int2Array, parseTimestamptz, textArray } from '@loyalty/database';
import type { Depth, SubjectRef } from '@loyalty/event-store';
import type { ClientBase, Pool } from 'pg';
import { CROWDED } from './core/capacity.ts';
import { evolve } from './core/evolve.ts';
import { type FullState, fullState, type MemberState, shallowState } from './core/wallet.ts';
import { isRewardSubject, loadRewardStates } from './load-reward-states.ts';

type Db = Pool | ClientBase;

/**
 * States of the given members in one statement. Shallow: wallet rows, enough to open the lot of a new purchase. Full: the member's
 * own events from the log, so that reads, decisions and rebuilds share one fold; 10,000 events take about 60 ms and are then cached.
 * A reward's state, of any depth, comes from its pieces.
 */
export async function loadStates(
  db: Db,
  schema: string,
  subjects: readonly SubjectRef[],
  depth: Depth,
): Promise<Map<string, MemberState>> {
  const rewards = subjects.filter(({ subject }) => isRewardSubject(subject));
  const members = rewards.length === 0 ? subjects : subjects.filter(({ subject }) => !isRewardSubject(subject));
  const states: Map<string, MemberState> =
    depth === 'full' ? await loadFull(db, schema, members) : await loadShallow(db, schema, members);
  if (rewards.length > 0)
    for (const [subject, state] of await loadRewardStates(db, schema, rewards)) states.set(subject, state);
  return states;
}

async function loadShallow(db: Db, schema: string, subjects: readonly SubjectRef[]): Promise<Map<string, MemberState>> {
  const { rows } = await db.query<{ member: string; program: string }>({
    name: `${schema} delicate wallets`,
    text: `SELECT member, program FROM ${schema}.wallets WHERE member = ANY ($1::text[]) AND (tangled OR issued + received < -${CROWDED})`,
    values: [textArray(subjects.map(({ subject }) => subject))],
  });
  const delicate = Map.groupBy(rows, ({ member }) => member);
  return new Map(
    subjects.map(({ subject }) => [subject, shallowState(delicate.get(subject)?.map(({ program }) => program))]),
  );
}

/** @param before what was recorded from this instant on does not count */
export async function loadFull(
  db: Db,
  schema: string,
  subjects: readonly SubjectRef[],
  before = 'infinity',
): Promise<Map<string, FullState>> {
  const states = new Map<string, FullState>(subjects.map(({ subject }) => [subject, fullState()]));
  const { rows } = await db.query<{ subject: string; type: string; time: string; data: string }>({
    name: `${schema} member histories`,
    text: `SELECT asked.subject, found.type, found.time, found.data
           FROM unnest($1::int2[], $2::text[]) AS asked(shard, subject)
           CROSS JOIN LATERAL (SELECT type, time, data FROM ${schema}.events
             WHERE events.shard = asked.shard AND events.subject = asked.subject AND recorded < $3 ORDER BY position) AS found`,
    values: [int2Array(subjects.map(({ shard }) => shard)), textArray(subjects.map(({ subject }) => subject)), before],
  });
  for (const { subject, type, time, data } of rows) {
    const state = states.get(subject) as FullState;
    evolve(state, { type, time: parseTimestamptz(time) / 1000, data });
  }
  return states;
}
