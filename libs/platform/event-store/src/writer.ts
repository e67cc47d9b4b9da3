import type { EpochMicros, LogPosition, NewEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';
import type { DecideContext, Decider, Decision, IdempotencyKey, Work } from './decider.ts';
import { GroupCommitWriter } from './group-commit-writer.ts';
import type { WriterObserver } from './observer.ts';
import type { ListedOutcome, Outcome } from './outcome.ts';

/** How the events of a service are written; `@loyalty/contracts` has one for each service. */
export type EventContracts = Readonly<
  Record<string, { readonly schema: { parse(data: unknown): unknown }; readonly sealed?: readonly string[] }>
>;

export interface WriterOptions<State, Input, Answer, Global = unknown> {
  readonly pool: Pool;
  readonly schema: string;
  /** Stands in every event as its `source` and in every hash. */
  readonly service: string;
  readonly decider: Decider<State, Input, Answer, Global>;
  /** Names the sealed fields. Without it nothing is sealed. */
  readonly contracts?: EventContracts;
  /** Every event is parsed by its contract before it is appended; one that fails is a fault of its work. For tests. @default false */
  readonly validate?: boolean;
  /**
   * False writes zeros where hashes belong. For the bench alone, which has to know what the chain costs beside the same writer without
   * it; no environment variable leads here. Such a log proves nothing, and `verify` fails at its first event. @default true
   */
  readonly chained?: boolean;
  /** Writer loops, each with a connection of its own: about as many as the database has cores to give. @default 2 */
  readonly loops?: number;
  /** Commands waiting in a loop, at most. @default 8192 */
  readonly queueLimit?: number;
  /** Commands in one transaction, at most. @default 1024 */
  readonly batchLimit?: number;
  /** Source events in one transaction, at most; a longer batch is committed in steps. @default 512 */
  readonly sourceLimit?: number;
  /** Bytes of member states kept in memory, by the decider's own weighing, over all loops. @default 64 MiB */
  readonly cacheBytes?: number;
  /** How long an unreachable database is retried before work is rejected with StoreUnavailableError. @default 30_000 ms */
  readonly retryMs?: number;
  /** A head further ahead of the clock than this refuses writes. @default 300_000 ms */
  readonly aheadMs?: number;
  /** Tells other processes of commits by NOTIFY. @default true */
  readonly notify?: boolean;
  /** Watches work come in and transactions go out, for traces. */
  readonly observer?: WriterObserver;
  /** Instead of the database's clock, for tests. Microseconds. */
  readonly clock?: () => EpochMicros;
}

/** Work that a reactor made of one source event. */
export interface SourceWork<Input> extends Work<Input> {
  /** Of the source event, and its hash: where the checkpoint stands when a batch is committed up to here. */
  readonly position: number;
  readonly hash: string;
}

/** A stretch of one shard of another service's log, `from` exclusive `to` inclusive. */
export interface SourceBatch<Input> {
  readonly consumer: string;
  readonly source: string;
  readonly shard: number;
  /** The position at which the checkpoint must stand; 0 = nothing applied yet. */
  readonly from: number;
  /** The position of the last event of the stretch, and its hash (64 hex digits). */
  readonly to: number;
  readonly hash: string;
  /** In order of position; events that mean nothing here are left out. At most one entry a position. */
  readonly work: readonly SourceWork<Input>[];
}

export interface BroadcastOptions {
  readonly key?: IdempotencyKey;
  readonly correlation?: string | null;
  readonly causation?: string | null;
  readonly trace?: string | null;
}

/** Heads after a commit. A wake-up: what was committed must be read from the log. */
export type CommitListener = (heads: readonly LogPosition[]) => void;

/**
 * Writes the log of one service. Faults reject: QueueFullError, StoreUnavailableError, ClockBehindError, WriterClosedError,
 * or what the decider or PostgreSQL threw for exactly this work.
 */
export interface Writer<Input, Answer, Global = unknown> {
  execute(work: Work<Input>): Promise<Outcome<Answer>>;
  /**
   * Outcomes in the order of `works`. Same subject: decided in order. Not one transaction. Rejects only with QueueFullError (then
   * none was taken) or WriterClosedError; other faults are told in the list.
   */
  executeMany(works: readonly Work<Input>[]): Promise<ListedOutcome<Answer>[]>;
  /**
   * Applies a stretch of another log and moves the checkpoint in the same transaction. Refusals and conflicts are results like any
   * other: the event counts as applied. Rejects with
   * - CheckpointMovedError: it does not start where the checkpoint stands; nothing was done. Go on from `actual`;
   * - PoisonError: the event at `position` fails by itself. All work before it is committed. The checkpoint stands at or after the
   *   last work before it and before `position`; no work lies between. Park it, move the checkpoint to `position`, go on;
   * - StoreUnavailableError, ClockBehindError, WriterClosedError: what was committed shows in the checkpoint. Try again later.
   */
  react(batch: SourceBatch<Input>): Promise<void>;
  /**
   * Appends events about no single subject to every shard, same ids, in one transaction, and makes every writer reload its states
   * and `global`. A function is asked inside the transaction, with `global` read under all locks: use it where the decision
   * depends on what is already there. Its `insufficient` is an error. With an array the answer is null.
   */
  broadcast(
    subject: string,
    events: readonly NewEvent[] | ((context: DecideContext<Global>) => Decision<Answer>),
    options?: BroadcastOptions,
  ): Promise<Outcome<Answer>>;
  /** Called after every commit of this writer. Gives the function that ends it. */
  onCommitted(listener: CommitListener): () => void;
  /** Finishes what is queued, refuses new work, gives the connections back. */
  close(): Promise<void>;
}

/** A writer for a log that `installEventStore` made. Any number of them, in any processes, may write the same log. */
export function createWriter<State, Input, Answer, Global = unknown>(
  options: WriterOptions<State, Input, Answer, Global>,
): Writer<Input, Answer, Global> {
  return new GroupCommitWriter(options);
}
