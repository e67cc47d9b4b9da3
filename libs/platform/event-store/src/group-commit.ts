import { shardOf } from '@loyalty/kernel';
import { AppendBuffer, type Tail } from './append-buffer.ts';
import { WorkFault, type Batch, type Command, type Job, type Slice } from './batch.ts';
import type { WriterConnection } from './connection.ts';
import { WorkDecider } from './deciding.ts';
import type { Work } from './decider.ts';
import type { LoopContext } from './loop-context.ts';
import { loadSubjectKeys, readLocked, readOptimistically, type Reading } from './reading.ts';
import type { Held } from './state-cache.ts';
import { writeRound } from './writing.ts';

/** A transaction on its way. */
export interface Round<State, Input, Answer> {
  readonly locked: boolean;
  readonly commands: readonly Command<Input, Answer>[];
  readonly slices: readonly Slice<Input>[];
  readonly jobs: readonly Job<Input, Answer>[];
  readonly tails: ReadonlyMap<number, Tail>;
  readonly buffer: AppendBuffer;
  readonly states: ReadonlyMap<string, Held<State>>;
  /** COMMIT is on the wire: a lost connection leaves it open what became of it. */
  sent: boolean;
}

/** What the batch turned out to need can only be had under the locks. */
export class LocksNeeded extends Error {}

/** A key must be looked up before this batch can be answered. */
export class KeysNeeded extends LocksNeeded {}

/** The batch's events would take too much memory at once: half of it will do. */
export class BatchTooLarge extends Error {}

/** Characters of payload in one transaction, unless one work alone has more. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/**
 * One transaction for many works: read, decide in memory, write and commit. One round trip when the loop remembers heads and states
 * and keys are new (all of it asserted where it is written), two when it locks, looks up and loads first.
 * Rejects with WorkFault when a work threw, LocksNeeded, ClockBehindError, or what PostgreSQL said; a transaction may then be open.
 */
export async function groupCommit<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  batch: Batch<I, A>,
  started: (round: Round<S, I, A>) => void,
): Promise<void> {
  const jobs = jobsOf(batch, context.shards);
  const shards = shardsOf(batch, jobs, context.shards);
  const reading =
    (await readOptimistically(connection, context, jobs, shards)) ??
    (await readLocked(connection, context, batch.slices, jobs, shards));
  const buffer = new AppendBuffer(context.service, reading.tails, context.chained);
  const worker = new WorkDecider({ ...context, ...reading, buffer });
  const alive = jobs.filter(({ culprit }) => !('slice' in culprit && culprit.slice.stretch.settled));
  const slices = batch.slices.filter(({ stretch }) => !stretch.settled);
  const { locked, tails, states } = reading;
  const round = { locked, commands: batch.commands, slices, jobs: alive, tails, buffer, states, sent: false };
  started(round);
  await decideAll(connection, context, worker, buffer, alive, reading);
  if (!locked && worker.unasserted) throw new KeysNeeded();
  await writeRound(connection, context, round, worker.answers, 0);
}

function jobsOf<I, A>({ commands, slices }: Batch<I, A>, shards: number): Job<I, A>[] {
  const jobs: Job<I, A>[] = commands.map((command) => ({
    work: command.work,
    shard: command.shard,
    culprit: command,
    outcome: undefined,
  }));
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

/** Decides every job, loading in one statement what some of them turn out to need. */
async function decideAll<S, I, A, G>(
  connection: WriterConnection,
  context: LoopContext<S, I, A, G>,
  worker: WorkDecider<S, I, A, G>,
  buffer: AppendBuffer,
  jobs: readonly Job<I, A>[],
  { locked, global, subjectKeys }: Reading<S, G>,
): Promise<void> {
  let waiting = decideOnce(worker, jobs, buffer);
  while (waiting.length > 0) {
    const place = (subject: string): number => shardOf(subject, context.shards);
    const shallow = worker.takeWaiting('full state', place);
    const keyless = worker.takeWaiting('subject key', place);
    // Ends: a subject waits for its full state at most once and for its key at most once.
    if (shallow.length + keyless.length === 0) throw new Error('works wait for nothing');
    // A new key must be written in the transaction that uses it.
    if (keyless.length > 0 && !locked) throw new LocksNeeded();
    if (shallow.length > 0) {
      const full = await context.decider.load(connection.client, shallow, 'full', global);
      for (const subject of shallow) {
        const state = full.get(subject.subject);
        if (state === undefined) throw new Error(`load gave no full state for ${subject.subject}`);
        worker.supply(subject, state);
      }
    }
    await loadSubjectKeys(
      connection,
      context,
      keyless.map(({ subject }) => subject),
      subjectKeys,
    );
    waiting = decideOnce(worker, waiting, buffer);
  }
}

function decideOnce<S, I, A, G>(
  worker: WorkDecider<S, I, A, G>,
  jobs: readonly Job<I, A>[],
  buffer: AppendBuffer,
): Job<I, A>[] {
  const waiting: Job<I, A>[] = [];
  for (const job of jobs) {
    try {
      job.outcome = worker.decide(job.work, job.shard);
    } catch (error) {
      throw new WorkFault(job.culprit, error);
    }
    if (!job.outcome) waiting.push(job);
    if (buffer.size > MOST_CHARACTERS && jobs.length > 1) throw new BatchTooLarge();
  }
  return waiting;
}
