import type { Batch, Slice, Stretch, WorkFault } from './batch.ts';
import { PoisonError, StoreUnavailableError } from './outcome.ts';

export function advance<I>(stretch: Stretch<I>, end: number): void {
  const { batch } = stretch;
  const finished = end === batch.work.length;
  stretch.done = end;
  stretch.position = finished ? batch.to : (batch.work[end - 1]?.position ?? stretch.position);
  if (!finished || stretch.settled) return;
  stretch.settled = true;
  stretch.resolve();
}

/** The batch without the work that threw. Of a source batch what stands before it goes on; then it is told which event it was. */
export function withoutCulprit<I, A>({ commands, slices }: Batch<I, A>, fault: WorkFault<I, A>): Batch<I, A> {
  const { culprit } = fault;
  if (!('slice' in culprit)) {
    culprit.reject(fault.cause as Error);
    return { commands: commands.filter((command) => command !== culprit), slices };
  }
  const { slice, index } = culprit;
  if (index > slice.start) {
    return { commands, slices: slices.map((each) => (each === slice ? { ...slice, end: index } : each)) };
  }
  poison(slice, fault.cause);
  return { commands, slices: slices.filter((each) => each !== slice) };
}

function poison<I>({ stretch, start }: Slice<I>, cause: unknown): void {
  stretch.settled = true;
  const work = stretch.batch.work[start];
  stretch.reject(work ? new PoisonError(work.position, cause) : (cause as Error));
}

export function rejectOne<I, A>({ commands, slices }: Batch<I, A>, error: Error): void {
  for (const command of commands) command.reject(error);
  for (const slice of slices) poison(slice, error);
}

export function rejectAll<I, A>({ commands, slices }: Batch<I, A>, error: Error): void {
  for (const command of commands) command.reject(error);
  for (const { stretch } of slices) {
    stretch.settled = true;
    stretch.reject(error);
  }
}

export function unavailable(error: unknown): Error {
  if (error instanceof StoreUnavailableError) return error;
  return new StoreUnavailableError(`the database is unavailable: ${(error as Error).message}`, { cause: error });
}
