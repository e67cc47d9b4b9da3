import type { Work } from './decider.ts';
import type { Outcome } from './outcome.ts';
import type { SourceBatch } from './writer.ts';

/** A command that waits for its outcome. */
export interface Command<Input, Answer> {
  readonly work: Work<Input>;
  readonly shard: number;
  resolve(outcome: Outcome<Answer>): void;
  reject(error: Error): void;
}

/** A source batch that waits to be applied, and how far it is. */
export interface Stretch<Input> {
  readonly batch: SourceBatch<Input>;
  /** Where its checkpoint stands: moves on with each step committed. */
  position: number;
  /** How many of its works are applied. */
  done: number;
  settled: boolean;
  resolve(): void;
  reject(error: Error): void;
}

/** Some of the works of a stretch, for one transaction. */
export interface Slice<Input> {
  readonly stretch: Stretch<Input>;
  readonly start: number;
  readonly end: number;
}

/** What goes into one transaction. */
export interface Batch<Input, Answer> {
  readonly commands: readonly Command<Input, Answer>[];
  readonly slices: readonly Slice<Input>[];
}

/** One work of a transaction. */
export interface Job<Input, Answer> {
  readonly work: Work<Input>;
  readonly shard: number;
  readonly culprit: WorkFault<Input, Answer>['culprit'];
  outcome: Outcome<Answer> | undefined;
}

/** One work of a batch threw in memory: known exactly, so nobody has to search for it. */
export class WorkFault<Input, Answer> extends Error {
  readonly culprit: Command<Input, Answer> | { readonly slice: Slice<Input>; readonly index: number };
  constructor(culprit: WorkFault<Input, Answer>['culprit'], cause: unknown) {
    super('a work of the batch failed', { cause });
    this.culprit = culprit;
  }
}

/** Where the checkpoint stands once a slice is applied. */
export function checkpointAfter<Input>({ stretch, end }: Slice<Input>): {
  readonly position: number;
  readonly hash: string;
} {
  const { batch } = stretch;
  if (end === batch.work.length) return { position: batch.to, hash: batch.hash };
  const last = batch.work[end - 1];
  // An empty slice that is not the last would move nothing: it is never made.
  if (!last) throw new Error('an empty slice in the middle of a source batch');
  return last;
}

/** Two halves to search for what fails; undefined when there is nothing left to divide. */
export function halves<Input, Answer>({
  commands,
  slices,
}: Batch<Input, Answer>): [Batch<Input, Answer>, Batch<Input, Answer>] | undefined {
  if (commands.length > 1 || (commands.length === 1 && slices.length > 0)) {
    const middle = Math.ceil(commands.length / 2);
    return [
      { commands: commands.slice(0, middle), slices: [] },
      { commands: commands.slice(middle), slices },
    ];
  }
  if (slices.length > 1) {
    const middle = slices.length >> 1;
    return [
      { commands, slices: slices.slice(0, middle) },
      { commands: [], slices: slices.slice(middle) },
    ];
  }
  const [slice] = slices;
  if (!slice || slice.end - slice.start < 2) return undefined;
  const middle = (slice.start + slice.end) >> 1;
  return [
    { commands: [], slices: [{ ...slice, end: middle }] },
    { commands: [], slices: [{ ...slice, start: middle }] },
  ];
}
