import type { EpochMs, StoredEvent } from '@loyalty/kernel';

/** The last event of a shard. */
export interface LogEnd {
  readonly shard: number;
  readonly position: number;
  /** 64 hex digits. */
  readonly hash: string;
}

/** A stretch of one shard, and what of it is wanted. */
export interface Stretch {
  readonly shard: number;
  /** The position before the first one looked at. */
  readonly after: number;
  /** Positions looked at, at most. */
  readonly positions: number;
  /** Events given, at most. */
  readonly events: number;
  /** @default all of them */
  readonly types?: ReadonlySet<string>;
}

export interface Found {
  /** In the order of their positions. */
  readonly events: readonly StoredEvent[];
  /** Everything up to here was looked at; `after` where the log ends there. */
  readonly reached: number;
}

/**
 * A source's log that lies in another service's database, looked at from outside beside following it. What it tells is what has arrived:
 * the source may have recorded more.
 */
export interface SourceLog {
  /** Undefined where the log is not there yet. */
  shards(): Promise<number | undefined>;
  /** The last event of every shard that has one, exactly. May take seconds. */
  ends(): Promise<readonly LogEnd[]>;
  /**
   * The last position of each shard, at once, for those who watch. May be too high for a moment, by what the log holds twice; never once
   * nothing new has come between two calls.
   */
  heads(): Promise<ReadonlyMap<number, number>>;
  read(stretch: Stretch): Promise<Found>;
  /** By shard the position before the first event recorded at or after an instant. Shards that hold none so late are left out. */
  positionsBefore(instant: EpochMs): Promise<ReadonlyMap<number, number>>;
}
