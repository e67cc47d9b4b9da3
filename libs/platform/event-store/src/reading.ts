import { byteaArray, int2Array, textArray } from '@loyalty/database';
import type { QueryResult } from 'pg';
import type { Tail } from './append-buffer.ts';
import type { Job, Slice } from './batch.ts';
import { together, type WriterConnection } from './connection.ts';
import { keyName, type KeptAnswer } from './deciding.ts';
import type { Depth, SubjectRef } from './decider.ts';
import { beginAndLock, knownTails, tailsOf } from './lock.ts';
import type { LoopContext } from './loop-context.ts';
import { CheckpointMovedError } from './outcome.ts';
import { newSubjectKey } from './sealing.ts';
import type { Held } from './state-cache.ts';

/** What a batch is decided on. */
export interface Reading<State, Global> {
  /** The transaction is open, the heads are locked. Else all of this is assumed, and asserted when written. */
  readonly locked: boolean;
  readonly tails: Map<number, Tail>;
  readonly global: Global;
  readonly states: Map<string, Held<State>>;
  readonly kept: Map<string, KeptAnswer>;
  readonly subjectKeys: Map<string, Buffer | null>;
}

/** A subject whose state must be loaded. */
interface Wanted extends SubjectRef {
  readonly depth: Depth;
}

/**
 * Reads by what this loop remembers: no transaction, no locks, no keys looked up; states that are not in memory are loaded.
 * Undefined when it does not remember enough.
 */
export async function readOptimistically<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  jobs: readonly Job<I, A>[],
  shards: readonly number[],
): Promise<Reading<S, G> | undefined> {
  const { global } = context;
  if (!context.optimism.allowed || !global || jobs.some(({ work }) => work.key?.sealed)) return undefined;
  const tails = knownTails(shards, context);
  if (!tails) return undefined;
  for (const tail of tails.values()) if (tail.generation !== global.generation) return undefined;
  const { states, missing } = cachedStates(context, jobs);
  if (missing.size > 0) await loadStates(connection, context, [...missing.values()], states, global);
  return { locked: false, tails, global: global.value, states, kept: new Map(), subjectKeys: new Map() };
}

/** One round trip for locks, keys, checkpoints and states; a second one where states kept in memory turn out to be stale. */
export async function readLocked<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  slices: readonly Slice<I>[],
  jobs: readonly Job<I, A>[],
  shards: readonly number[],
): Promise<Reading<S, G>> {
  const { global } = context;
  const { states, missing } = cachedStates(context, jobs);
  const keys = [...new Map(jobs.flatMap(({ work }) => (work.key ? [[keyName(work.key), work.key]] : []))).values()];
  const sealing = [...new Set(jobs.filter(({ work }) => work.key?.sealed).map(({ work }) => work.subject))];
  const lock = beginAndLock(connection, context, shards);
  const found =
    keys.length === 0
      ? undefined
      : connection.run(context.statements.findKeys, [
          textArray(keys.map((key) => key.namespace)),
          textArray(keys.map((key) => key.key)),
        ]);
  const checkpoints = findCheckpoints(connection, context, slices);
  const subjectKeys = new Map<string, Buffer | null>();
  const opened = loadSubjectKeys(connection, context, sealing, subjectKeys);
  const loaded =
    global && missing.size > 0 ? loadStates(connection, context, [...missing.values()], states, global) : undefined;
  await together([lock.begun, lock.heads, found, checkpoints, opened, loaded]);
  const tails = tailsOf((await lock.heads).rows, context);
  rejectMoved(slices, (await checkpoints)?.rows ?? []);
  const kept = new Map<string, KeptAnswer>();
  for (const row of (await found)?.rows ?? []) kept.set(keyName(keys[row.at - 1] as (typeof keys)[number]), row);
  const value = await freshen(connection, context, jobs, tails, states, loaded ? missing : new Map());
  return { locked: true, tails, global: value, states, kept, subjectKeys };
}

export async function loadSubjectKeys<S, I, A, G>(
  connection: WriterConnection,
  { statements }: LoopContext<S, I, A, G>,
  subjects: readonly string[],
  into: Map<string, Buffer | null>,
): Promise<void> {
  if (subjects.length === 0) return;
  const sorted = [...subjects].sort();
  const { rows } = await connection.run(statements.subjectKeys, [
    textArray(sorted),
    byteaArray(sorted.map(newSubjectKey)),
  ]);
  for (const row of rows) into.set(row.subject, row.key);
}

function cachedStates<S, I, A, G>(
  { cache, decider }: LoopContext<S, I, A, G>,
  jobs: readonly Job<I, A>[],
): { readonly states: Map<string, Held<S>>; readonly missing: Map<string, Wanted> } {
  const states = new Map<string, Held<S>>();
  const missing = new Map<string, Wanted>();
  for (const { work, shard } of jobs) {
    const { subject, input } = work;
    if (missing.get(subject)?.depth === 'full') continue;
    const held = states.get(subject) ?? cache.get(subject, shard);
    if (!held?.full && decider.needsFull?.(input, held?.state)) missing.set(subject, { subject, shard, depth: 'full' });
    else if (!held) missing.set(subject, { subject, shard, depth: 'shallow' });
    if (held && !missing.has(subject)) states.set(subject, held);
  }
  return { states, missing };
}

/** Loads again what was kept in memory and is no longer true, now that the heads are known. */
async function freshen<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  jobs: readonly Job<I, A>[],
  tails: ReadonlyMap<number, Tail>,
  states: Map<string, Held<S>>,
  justLoaded: ReadonlyMap<string, Wanted>,
): Promise<G> {
  const generation = Math.max(...[...tails.values()].map((tail) => tail.generation));
  const renewed = context.global?.generation !== generation;
  if (renewed) context.global = { value: await context.decider.loadGlobal(connection.client), generation };
  const fresh = context.global as NonNullable<typeof context.global>;
  const stale = new Set<number>();
  for (const tail of tails.values()) if (!context.cache.confirm(tail.shard, tail)) stale.add(tail.shard);
  const again = new Map<string, Wanted>();
  for (const { work, shard } of jobs) {
    const { subject, input } = work;
    const good = justLoaded.has(subject) ? !renewed : states.has(subject) && !stale.has(shard);
    if (good || again.get(subject)?.depth === 'full') continue;
    const depth = context.decider.needsFull?.(input, undefined) ? 'full' : 'shallow';
    again.set(subject, { subject, shard, depth });
  }
  if (again.size > 0) await loadStates(connection, context, [...again.values()], states, fresh);
  return fresh.value;
}

/** In one round trip, except for what was kept aside. */
async function loadStates<S, I, A, G>(
  connection: WriterConnection,
  { decider, kept }: LoopContext<S, I, A, G>,
  subjects: readonly Wanted[],
  into: Map<string, Held<S>>,
  global: { readonly value: G; readonly generation: number },
): Promise<void> {
  const load = async (depth: Depth, wanted: readonly SubjectRef[]): Promise<void> => {
    if (wanted.length === 0) return;
    const loaded = await decider.load(connection.client, wanted, depth, global.value);
    for (const { subject } of wanted) {
      const state = loaded.get(subject);
      if (state === undefined) throw new Error(`load gave no state for ${subject}`);
      into.set(subject, { state, full: depth === 'full' });
    }
  };
  const { full = [], shallow = [] } = Object.groupBy(subjects, ({ depth }) => depth);
  const recalled = await kept?.recall(connection.client, shallow, global);
  for (const [subject, state] of recalled ?? []) into.set(subject, { state, full: false });
  const rest = recalled?.size ? shallow.filter(({ subject }) => !recalled.has(subject)) : shallow;
  await together([load('full', full), load('shallow', rest)]);
}

function findCheckpoints<S, I, A, G>(
  connection: WriterConnection,
  { statements }: LoopContext<S, I, A, G>,
  slices: readonly Slice<I>[],
): Promise<QueryResult> | undefined {
  if (slices.length === 0) return undefined;
  const batches = slices.map(({ stretch }) => stretch.batch);
  return connection.run(statements.findCheckpoints, [
    textArray(batches.map((batch) => batch.consumer)),
    textArray(batches.map((batch) => batch.source)),
    int2Array(batches.map((batch) => batch.shard)),
  ]);
}

/** Stretches that do not start at their checkpoint are told so at once, and left out. */
function rejectMoved<I>(slices: readonly Slice<I>[], rows: readonly { at: number; position: number }[]): void {
  const actual = new Map(rows.map((row) => [row.at - 1, row.position]));
  slices.forEach(({ stretch }, index) => {
    const position = actual.get(index) ?? 0;
    if (position === stretch.position || stretch.settled) return;
    const { consumer, source, shard } = stretch.batch;
    stretch.settled = true;
    stretch.reject(
      new CheckpointMovedError(
        `${consumer} has applied shard ${shard} of ${source} up to ${position}, not ${stretch.position}`,
        position,
      ),
    );
  });
}
