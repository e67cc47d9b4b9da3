import { byteaArray, int2Array, textArray } from '@loyalty/database';
import { shardOf } from '@loyalty/kernel';
import type { QueryResult } from 'pg';
import { AppendBuffer, type Tail } from './append-buffer.ts';
import { WorkFault, type Batch, type Command, type Slice } from './batch.ts';
import { together, type WriterConnection } from './connection.ts';
import { keyName, WorkDecider, type KeptAnswer } from './deciding.ts';
import type { SubjectRef, Work } from './decider.ts';
import { beginAndLock, tailsOf } from './lock.ts';
import type { LoopContext } from './loop-context.ts';
import { CheckpointMovedError, type Outcome } from './outcome.ts';
import { newSubjectKey } from './sealing.ts';
import type { Held } from './state-cache.ts';
import { writeRound } from './writing.ts';

/** One work of a transaction. */
interface Job<Input, Answer> {
  readonly work: Work<Input>;
  readonly shard: number;
  readonly culprit: WorkFault<Input, Answer>['culprit'];
  outcome: Outcome<Answer> | undefined;
}

/** A transaction on its way: decided, not yet known to be committed. */
export interface Round<State, Input, Answer> {
  readonly commands: readonly Command<Input, Answer>[];
  readonly slices: readonly Slice<Input>[];
  readonly jobs: readonly Job<Input, Answer>[];
  readonly tails: ReadonlyMap<number, Tail>;
  readonly buffer: AppendBuffer;
  readonly states: ReadonlyMap<string, Held<State>>;
  /** COMMIT is on the wire: a lost connection leaves it open what became of it. */
  sent: boolean;
}

/**
 * One transaction for many works: lock the heads, look up keys and states, decide in memory, write, commit.
 * Two round trips when the states are in memory or can be loaded with what the cache knows, because statements are pipelined:
 * locks, keys, checkpoints and missing states in the first, everything written and COMMIT in the second.
 * Rejects with WorkFault when a work threw, ClockBehindError, or what PostgreSQL said; the transaction is then rolled back or lost.
 */
export async function groupCommit<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  batch: Batch<I, A>,
  started: (round: Round<S, I, A>) => void,
): Promise<Round<S, I, A>> {
  const jobs = jobsOf(batch, context.shards);
  const shards = shardsOf(batch, jobs, context.shards);
  const read = await readRound(connection, context, batch, jobs, shards);
  const buffer = new AppendBuffer(context.service, read.tails);
  const worker = new WorkDecider({ ...context, ...read, buffer });
  const alive = jobs.filter(({ culprit }) => !('slice' in culprit && culprit.slice.stretch.settled));
  await decideAll(connection, context, worker, alive, read.subjectKeys);
  const slices = batch.slices.filter(({ stretch }) => !stretch.settled);
  const round = { commands: batch.commands, slices, jobs: alive, tails: read.tails, buffer, states: read.states, sent: false };
  started(round);
  await writeRound(connection, context, round, worker.answers, 0);
  return round;
}

function jobsOf<I, A>({ commands, slices }: Batch<I, A>, shards: number): Job<I, A>[] {
  const jobs: Job<I, A>[] = commands.map((command) => ({ work: command.work, shard: command.shard, culprit: command, outcome: undefined }));
  for (const slice of slices) {
    for (let index = slice.start; index < slice.end; index++) {
      const work = slice.stretch.batch.work[index] as Work<I>;
      jobs.push({ work, shard: shardOf(work.subject, shards), culprit: { slice, index }, outcome: undefined });
    }
  }
  return jobs;
}

/** Shard n of a source feeds shard n: locking it also keeps two consumers of the same checkpoint apart when no work came of a slice. */
function shardsOf<I, A>({ slices }: Batch<I, A>, jobs: readonly Job<I, A>[], shards: number): number[] {
  const touched = new Set(jobs.map((job) => job.shard));
  for (const { stretch } of slices) touched.add(stretch.batch.shard % shards);
  return [...touched].sort((a, b) => a - b);
}

interface Read<State, Global> {
  readonly tails: Map<number, Tail>;
  readonly global: Global;
  readonly states: Map<string, Held<State>>;
  readonly kept: Map<string, KeptAnswer>;
  readonly subjectKeys: Map<string, Buffer | null>;
}

/** The first round trip, and a second one where states kept in memory turn out to be stale. */
async function readRound<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  batch: Batch<I, A>,
  jobs: readonly Job<I, A>[],
  shards: readonly number[],
): Promise<Read<S, G>> {
  const { cache, decider } = context;
  const states = new Map<string, Held<S>>();
  const missing = new Map<string, SubjectRef>();
  for (const { work, shard } of jobs) {
    if (states.has(work.subject) || missing.has(work.subject)) continue;
    const held = cache.get(work.subject, shard);
    if (held) states.set(work.subject, held);
    else missing.set(work.subject, { subject: work.subject, shard });
  }
  const global = context.global;
  const keys = [...new Map(jobs.flatMap(({ work }) => (work.key ? [[keyName(work.key), work.key]] : []))).values()];
  const sealing = [...new Set(jobs.filter(({ work }) => work.key?.sealed).map(({ work }) => work.subject))];
  const locked = beginAndLock(connection, context, shards);
  const found = keys.length === 0 ? undefined : connection.run(context.statements.findKeys, [textArray(keys.map((key) => key.namespace)), textArray(keys.map((key) => key.key))]);
  const checkpoints = findCheckpoints(connection, context, batch.slices);
  const subjectKeys = new Map<string, Buffer | null>();
  const opened = loadSubjectKeys(connection, context, sealing, subjectKeys);
  const loaded = global && missing.size > 0 ? load(connection, context, [...missing.values()], states, global.value) : undefined;
  await together<unknown>([locked.begun, locked.heads, found, checkpoints, opened, loaded]);
  const tails = tailsOf((await locked.heads).rows, context);
  rejectMoved(batch.slices, (await checkpoints)?.rows ?? []);
  const kept = new Map<string, KeptAnswer>();
  for (const row of (await found)?.rows ?? []) kept.set(keyName(keys[row.at - 1] as (typeof keys)[number]), row);
  const value = await freshen(connection, context, jobs, tails, states, loaded ? missing : new Map());
  return { tails, global: value, states, kept, subjectKeys };
}

/** Loads again what was kept in memory and is no longer true, now that the heads are known. */
async function freshen<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  jobs: readonly Job<I, A>[],
  tails: ReadonlyMap<number, Tail>,
  states: Map<string, Held<S>>,
  justLoaded: ReadonlyMap<string, SubjectRef>,
): Promise<G> {
  const generation = Math.max(...[...tails.values()].map((tail) => tail.generation));
  const renewed = context.global?.generation !== generation;
  if (renewed) context.global = { value: await context.decider.loadGlobal(connection.client), generation };
  const { value } = context.global as { value: G };
  const stale = new Set<number>();
  for (const tail of tails.values()) if (!context.cache.confirm(tail.shard, tail)) stale.add(tail.shard);
  const again = new Map<string, SubjectRef>();
  for (const { work, shard } of jobs) {
    const fresh = justLoaded.has(work.subject) ? !renewed : states.has(work.subject) && !stale.has(shard);
    if (!fresh) again.set(work.subject, { subject: work.subject, shard });
  }
  if (again.size > 0) await load(connection, context, [...again.values()], states, value);
  return value;
}

async function load<S, I, A, G>(
  connection: WriterConnection,
  { decider }: LoopContext<S, I, A, G>,
  subjects: readonly SubjectRef[],
  into: Map<string, Held<S>>,
  global: G,
): Promise<void> {
  const loaded = await decider.load(connection.client, subjects, 'shallow', global);
  for (const { subject } of subjects) {
    const state = loaded.get(subject);
    if (state === undefined) throw new Error(`load gave no state for ${subject}`);
    into.set(subject, { state, full: false });
  }
}

async function loadSubjectKeys<S, I, A, G>(
  connection: WriterConnection,
  { statements }: LoopContext<S, I, A, G>,
  subjects: readonly string[],
  into: Map<string, Buffer | null>,
): Promise<void> {
  if (subjects.length === 0) return;
  const sorted = [...subjects].sort();
  const { rows } = await connection.run(statements.subjectKeys, [textArray(sorted), byteaArray(sorted.map(newSubjectKey))]);
  for (const row of rows) into.set(row.subject, row.key);
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
    stretch.reject(new CheckpointMovedError(`${consumer} has applied shard ${shard} of ${source} up to ${position}, not ${stretch.position}`, position));
  });
}

/** Decides every job, loading in one statement what some of them turn out to need. */
async function decideAll<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  worker: WorkDecider<S, I, A, G>,
  jobs: readonly Job<I, A>[],
  subjectKeys: Map<string, Buffer | null>,
): Promise<void> {
  let waiting = decideOnce(worker, jobs);
  while (waiting.length > 0) {
    const place = (subject: string): number => shardOf(subject, context.shards);
    const shallow = worker.takeWaiting('full state', place);
    const keyless = worker.takeWaiting('subject key', place);
    // Ends: a subject waits for its full state at most once and for its key at most once.
    if (shallow.length + keyless.length === 0) throw new Error('works wait for nothing');
    if (shallow.length > 0) {
      const { value } = context.global as { value: G };
      const full = await context.decider.load(connection.client, shallow, 'full', value);
      for (const subject of shallow) {
        const state = full.get(subject.subject);
        if (state === undefined) throw new Error(`load gave no full state for ${subject.subject}`);
        worker.supply(subject, state);
      }
    }
    await loadSubjectKeys(connection, context, keyless.map(({ subject }) => subject), subjectKeys);
    waiting = decideOnce(worker, waiting);
  }
}

function decideOnce<S, I, A, G>(worker: WorkDecider<S, I, A, G>, jobs: readonly Job<I, A>[]): Job<I, A>[] {
  const waiting: Job<I, A>[] = [];
  for (const job of jobs) {
    try {
      job.outcome = worker.decide(job.work, job.shard);
    } catch (error) {
      throw new WorkFault(job.culprit, error);
    }
    if (!job.outcome) waiting.push(job);
  }
  return waiting;
}
