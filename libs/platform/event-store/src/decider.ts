import type { EpochMicros, EpochMs, NewEvent, Refusal, StoredEvent } from '@loyalty/kernel';
import type { ClientBase } from 'pg';

/** What a decider is told besides command and state. All of it injected: no clock, no randomness inside. */
export interface DecideContext<Global = unknown> {
  /** Recorded time of this batch: max(database clock, head + 1 µs). */
  readonly recorded: EpochMicros;
  /** The same in milliseconds. */
  readonly now: EpochMs;
  /** What `loadGlobal` gave: things about no single subject, such as program versions. */
  readonly global: Global;
}

export type Decision<Answer> =
  | { readonly kind: 'accepted'; readonly events: readonly NewEvent[]; readonly answer: Answer }
  | {
      readonly kind: 'refused';
      readonly refusal: Refusal;
      /** Kept as the answer for ever. @default true */ readonly keep?: boolean;
    }
  /** The state is too shallow for this input, or too much abridged: load it `full` and ask again. Not legal on a full one. */
  | { readonly kind: 'insufficient' };

/** One unit of work for one subject: a client's command or what a reactor made of another service's event. */
export interface Work<Input> {
  /** Decides the shard; its state is what `decide` gets. */
  readonly subject: string;
  readonly input: Input;
  /** Absent for reactions: their checkpoint makes them once. */
  readonly key?: IdempotencyKey;
  readonly correlation?: string | null;
  readonly causation?: string | null;
  readonly trace?: string | null;
}

/** The client's key and what it is bound to. Same key and hash: same answer for ever. Same key, other hash: conflict. */
export interface IdempotencyKey {
  readonly namespace: string;
  readonly key: string;
  /** SHA-256 (hex) of kind, version, subject and given fields in canonical form. */
  readonly hash: string;
  /** The hash covers sealed input: it is kept as an HMAC under the subject's own key, so that nobody can guess the text. @default false */
  readonly sealed?: boolean;
}

export type Depth = 'shallow' | 'full';

/**
 * What one service decides. One decider per service handles all its inputs.
 * `decide` and `evolve` are pure and live in the domain's core; `load` and the read models are its set-based SQL.
 */
export interface Decider<State, Input, Answer, Global = unknown> {
  /**
   * States of the given subjects, in one or two set-based statements. Runs inside the transaction, heads locked.
   * Must give a state for every subject, also for one never seen. `full` is asked for after an `insufficient`.
   */
  load(tx: ClientBase, subjects: readonly SubjectRef[], depth: Depth, global: Global): Promise<Map<string, State>>;
  /**
   * Whether `decide` would surely find this state insufficient, or any shallow one where none is in memory: the full state is then
   * loaded at once, without asking `decide` first. @default never
   */
  needsFull?(input: Input, state: State | undefined): boolean;
  /** Loaded again whenever an event about no single subject was written (the head's generation changed). */
  loadGlobal(tx: ClientBase): Promise<Global>;
  decide(input: Input, state: State, context: DecideContext<Global>): Decision<Answer>;
  /** The state after the event. May change and return the same object: the writer owns its states. */
  evolve(state: State, event: StoredEvent): State;
  /** Rough size of a state in bytes, for the bounded cache. */
  weigh(state: State): number;
  /**
   * What is kept in memory instead of a state when its commands are committed; undefined = the state itself. It need not be
   * sufficient for every input any more: one that it is not makes the full state load again.
   */
  abridge?(state: State): State | undefined;
  /** For states that are dear to load: what memory lets go of is then kept aside. */
  readonly keeping?: StateKeeping<State, Global>;
  /** Exact read models: applied to the batch's events in the same transaction, in this order. */
  readonly models: readonly ExactModel[];
}

/** States as plain data (what a structured clone keeps), for the same process to have back. */
export interface StateKeeping<State, Global> {
  /** Undefined: soon loaded again, or not to be had by `thaw`. */
  freeze(state: State): unknown;
  /** A state that decides like the one that was frozen, under the same `global`. */
  thaw(plain: unknown, global: Global): State;
}

export interface SubjectRef {
  readonly subject: string;
  readonly shard: number;
}

/**
 * One SQL statement over a set of events, in which `{events}` stands for a relation with columns
 * (shard smallint, position bigint, id uuid, type text, subject text, time timestamptz, recorded timestamptz, data text)
 * and `{table}` (schema-qualified) for the table it fills. Live it gets a batch, on rebuild a range of positions.
 */
export interface ExactModel {
  readonly name: string;
  /** Event types it reads. The writer skips it for batches without any. */
  readonly events: readonly string[];
  /** A SELECT over `{events}` that `sql` reads as `{parsed}`: models of one service with the same text parse a payload once. */
  readonly parsed?: string;
  readonly sql: string;
}
