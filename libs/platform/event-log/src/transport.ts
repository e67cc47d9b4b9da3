import type { StoredEvent } from '@loyalty/kernel';

/**
 * The port through which a service reads another service's log. A transport knows how events travel and which process reads
 * which shard; checkpoints, duplicates, gaps, retries and parking are the consumer's and the same for all transports.
 */
export interface EventLogTransport {
  /**
   * Calls `own` for each shard whenever this process becomes its only reader, until `close`. While the promise that `own` gave
   * is pending, no other process may own that shard, unless this one lost its hold (`signal` aborted).
   */
  follow(following: Following): Promise<Follower>;
  /** The table of a source's events where statements in the consumer's own database may read it themselves; undefined where not. */
  tableOf?(source: string): string | undefined;
}

export interface Following {
  /** Who reads: one name for all processes of a service. */
  readonly consumer: string;
  /** The service whose log is read. */
  readonly source: string;
  /** The consumer's own schema: it holds the checkpoints, and tells the same names of two installations apart. */
  readonly schema: string;
  readonly shards: readonly number[];
  /** False: `data` is not needed and may come empty. */
  readonly payload: boolean;
  /**
   * True: nobody waits for what becomes of an event, so it may be kept for others to come with it, a tenth of a second at most.
   * @default false
   */
  readonly patient?: boolean;
  own(shard: OwnedShard): Promise<void>;
}

export interface OwnedShard {
  readonly shard: number;
  readonly reader: ShardReader;
  /** Aborted when the shard is lost or the follower closes: stop, and let `own` resolve. */
  readonly signal: AbortSignal;
}

export interface ShardReader {
  /**
   * The next events after those given last (or after the place sought), as the transport delivers them; waits until there are
   * some. Bounded in number and bytes, never empty. Not called again before the last call settled.
   * Rejects with the signal's reason when it aborts.
   */
  next(): Promise<readonly StoredEvent[]>;
  /** What `next` gives from now on, a call under way included, starts right after this position. */
  seek(after: number): void;
}

export interface Follower {
  /** Aborts all owned shards, waits for their `own` to end and gives them up. */
  close(): Promise<void>;
}

/** How far a consumer has applied a shard: the last event's position and hash; 0 and '' before the first. */
export interface Checkpoint {
  readonly position: number;
  /** 64 hex digits: an anchor for the source's hash chain. */
  readonly hash: string;
}
