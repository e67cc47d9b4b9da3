import type { StoredEvent } from '@loyalty/kernel';
import { realPacing, type Pacing } from './pacing.ts';
import { runShard } from './shard-run.ts';
import type { Checkpoint, EventLogTransport } from './transport.ts';

/** What a consumer does with events, and where it stands: both in one transaction. */
export interface Effects {
  /** The committed checkpoint, for a shard just taken over or after doubt. May load what else `apply` keeps about the shard. */
  checkpoint(shard: number): Promise<Checkpoint>;
  /**
   * Applies the events (position `from` + 1 and on, without gap) and moves the checkpoint in the same transaction, or in several
   * transactions each moving it on. Resolves with where it stands now: the last event.
   * Rejects with CheckpointMovedError, a transient fault (retried), ShardStoppedError, or anything else (the shard stops).
   */
  apply(batch: EffectBatch, signal: AbortSignal): Promise<Checkpoint>;
}

export interface EffectBatch {
  readonly shard: number;
  readonly from: Checkpoint;
  readonly events: readonly StoredEvent[];
}

/** `elsewhere`: another process owns it, or nobody yet. `waiting`: retrying something transient. `stopped`: needs people. */
export type ShardState = 'elsewhere' | 'running' | 'waiting' | 'stopped';

export interface ShardHealth {
  readonly consumer: string;
  readonly source: string;
  readonly shard: number;
  readonly state: ShardState;
  /** Why it waits or stopped; of a running shard null. */
  readonly reason: string | null;
  /** Last applied, as this process knows it. */
  readonly position: number;
}

export interface ConsumerOptions {
  readonly consumer: string;
  readonly source: string;
  readonly schema: string;
  readonly shards: number;
  readonly transport: EventLogTransport;
  readonly effects: Effects;
  /** False where `effects` does without the events' `data`. @default true */
  readonly payload?: boolean;
  /** As `Following` has it. @default false */
  readonly patient?: boolean;
  readonly pacing?: Pacing;
  /** Told of each change of a shard's state, for logs and metrics. */
  readonly onHealth?: (health: ShardHealth) => void;
}

export interface Consumer {
  readonly consumer: string;
  readonly source: string;
  readonly schema: string;
  readonly shards: number;
  health(): ShardHealth[];
  close(): Promise<void>;
}

/** Follows a source in all its shards, as far as this process gets to own them. */
export async function startConsumer(options: ConsumerOptions): Promise<Consumer> {
  const {
    consumer,
    source,
    schema,
    shards,
    transport,
    effects,
    payload = true,
    patient = false,
    pacing = realPacing,
    onHealth,
  } = options;
  const health: ShardHealth[] = [];
  for (let shard = 0; shard < shards; shard++) {
    health.push({ consumer, source, shard, state: 'elsewhere', reason: null, position: 0 });
  }
  const note = (shard: number, change: Partial<ShardHealth>) => {
    const before = health[shard] as ShardHealth;
    const after = { ...before, ...change };
    health[shard] = after;
    if (before.state !== after.state || before.reason !== after.reason) onHealth?.(after);
  };
  const follower = await transport.follow({
    consumer,
    source,
    schema,
    shards: health.map(({ shard }) => shard),
    payload,
    patient,
    own: async (owned) => {
      try {
        await runShard(owned, effects, pacing, (change) => note(owned.shard, change));
      } finally {
        note(owned.shard, { state: 'elsewhere', reason: null });
      }
    },
  });
  return { consumer, source, schema, shards, health: () => [...health], close: () => follower.close() };
}
