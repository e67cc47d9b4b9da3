import type { Batch } from './batch.ts';
import { LocksNeeded, type Round } from './group-commit.ts';
import type { LoopContext } from './loop-context.ts';

/** What goes into one transaction. */
export interface ObservedBatch {
  readonly service: string;
  readonly commands: number;
  /** Events of other logs that are applied. */
  readonly sourceEvents: number;
  /** W3C traceparents of those who asked for it, each once, the first 128. */
  readonly traces: ReadonlySet<string>;
}

/** What came of it. */
export interface CommittedBatch {
  readonly shards: readonly number[];
  readonly events: number;
  readonly refused: number;
  /** False: it must be done again under locks, nothing is committed. */
  readonly committed: boolean;
}

/** Watches a writer, for traces. Without one nothing of it is done. */
export interface WriterObserver {
  /** The W3C traceparent of whoever hands in work that brings none: stored with its events, and thus told to who reads them. */
  traceparent(): string | undefined;
  /** Runs a batch's transaction, exactly once, and gives what it gave; its failures pass through. */
  commit(batch: ObservedBatch, run: () => Promise<CommittedBatch>): Promise<CommittedBatch>;
}

const MOST_TRACES = 128;

/** Runs a transaction under the observer's eyes, where there is one. `run` gives what it was about when it is committed. */
export async function observed<S, I, A, G>(
  { observer, service }: LoopContext<S, I, A, G>,
  batch: Batch<I, A>,
  run: () => Promise<Round<S, I, A>>,
): Promise<void> {
  if (!observer) return void (await run());
  let again: LocksNeeded | undefined;
  await observer.commit(beginning(service, batch), async () => {
    try {
      return ending(await run());
    } catch (error) {
      if (!(error instanceof LocksNeeded)) throw error;
      again = error;
      return { shards: [], events: 0, refused: 0, committed: false };
    }
  });
  if (again) throw again;
}

function beginning<I, A>(service: string, { commands, slices }: Batch<I, A>): ObservedBatch {
  const traces = new Set<string>();
  const add = (trace: string | null | undefined): void => {
    if (trace && traces.size < MOST_TRACES) traces.add(trace);
  };
  for (const { work } of commands) add(work.trace);
  let sourceEvents = 0;
  for (const { stretch, start, end } of slices) {
    sourceEvents += end - start;
    for (const { trace } of stretch.batch.work.slice(start, end)) add(trace);
  }
  return { service, commands: commands.length, sourceEvents, traces };
}

function ending<S, I, A>({ tails, buffer, jobs }: Round<S, I, A>): CommittedBatch {
  const refused = jobs.filter(({ outcome }) => outcome?.kind === 'refused').length;
  return { shards: [...tails.keys()], events: buffer.count, refused, committed: true };
}
