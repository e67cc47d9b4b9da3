import type { EpochMicros } from '@loyalty/kernel';
import type { Decider } from './decider.ts';
import type { KeptStates } from './kept-states.ts';
import type { WriterObserver } from './observer.ts';
import type { Optimism } from './optimism.ts';
import type { Partitions } from './partitions.ts';
import type { StateCache } from './state-cache.ts';
import type { ModelStatements } from './model-statements.ts';
import type { Statements } from './statements.ts';
import type { EventContracts } from './writer.ts';

/** What a writer loop knows besides its queue. */
export interface LoopContext<State, Input, Answer, Global> {
  readonly service: string;
  readonly decider: Decider<State, Input, Answer, Global>;
  readonly statements: Statements;
  readonly models: ModelStatements;
  readonly contracts: EventContracts;
  readonly validate: boolean;
  readonly chained: boolean;
  readonly shards: number;
  readonly aheadMs: number;
  readonly clock: (() => EpochMicros) | undefined;
  readonly cache: StateCache<State>;
  /** Of deciders that want it. */
  readonly kept: KeptStates<State, Global> | undefined;
  readonly partitions: Partitions;
  /** What `loadGlobal` gave, true for one generation of the heads. */
  global: { readonly value: Global; readonly generation: number } | undefined;
  /** The database's clock as last read, and when that was by the process's monotonic clock, in milliseconds. */
  reading: { readonly clock: EpochMicros; readonly at: number } | undefined;
  readonly optimism: Optimism;
  readonly observer: WriterObserver | undefined;
}
