import type { EpochMs, EpochMicros } from './time.ts';

/** Where an event stands in its service's log. Positions of a shard run 1, 2, 3 … without gap. */
export interface LogPosition {
  readonly shard: number;
  readonly position: number;
}

/** An event that a decider wants recorded; the store adds id, place, recorded time and hash. */
export interface NewEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  /** When it took effect (the fact's own time), not when it was written. */
  readonly time: EpochMs;
  readonly data: Data;
}

/** An event as it stands in a log. `data` is the payload exactly as stored: JSON text. */
export interface StoredEvent extends LogPosition {
  /** UUIDv7. An event written to every shard has the same id in each. */
  readonly id: string;
  /** The service that wrote it: `purchases`, `tiers`, `points`, `feedback`. */
  readonly source: string;
  readonly type: string;
  /** The member, or the document's own id where there is no member. */
  readonly subject: string;
  readonly time: EpochMs;
  readonly recorded: EpochMicros;
  readonly correlation: string | null;
  readonly causation: string | null;
  readonly trace: string | null;
  readonly data: string;
  /** SHA-256 of this event chained to the one before it in the shard, 64 hex digits. */
  readonly hash: string;
}
