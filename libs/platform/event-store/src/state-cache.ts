import type { EpochMicros } from '@loyalty/kernel';
import { LRUCache } from 'lru-cache';
import type { Decider } from './decider.ts';

/** A member's state as a loop holds it. */
export interface Held<State> {
  state: State;
  full: boolean;
}

interface Entry<State> extends Held<State> {
  readonly shard: number;
  readonly epoch: number;
}

/** Told of a state that has to go although it is true under this head. */
export type LettingGo<State> = (subject: string, shard: number, state: State, head: KnownHead) => void;

/** What a shard's head was after our last commit: while it is the same, nobody else wrote and cached states are true. */
export interface KnownHead {
  readonly position: number;
  readonly hash: Buffer;
  readonly generation: number;
  readonly recorded: EpochMicros;
}

type Keeping<State> = Pick<Decider<State, never, never>, 'weigh' | 'abridge'>;

/** Member states of a loop, bounded by weight. A shard's states are dropped at once by moving its epoch on. */
export class StateCache<State> {
  readonly #entries: LRUCache<string, Entry<State>>;
  readonly #decider: Keeping<State>;
  readonly #letGo: LettingGo<State> | undefined;
  readonly #epochs = new Map<number, number>();
  readonly #heads = new Map<number, KnownHead>();

  constructor(bytes: number, decider: Keeping<State>, letGo?: LettingGo<State>) {
    this.#letGo = letGo;
    this.#entries = new LRUCache({
      maxSize: bytes,
      dispose: (entry, subject, reason) => {
        if (reason === 'evict') this.#tell(subject, entry);
      },
    });
    this.#decider = decider;
  }

  get(subject: string, shard: number): Held<State> | undefined {
    const entry = this.#entries.get(subject);
    return entry !== undefined && entry.epoch === this.#epoch(shard) ? entry : undefined;
  }

  put(subject: string, shard: number, held: Held<State>): void {
    const abridged = this.#decider.abridge?.(held.state);
    const { state, full } = abridged === undefined ? held : { state: abridged, full: false };
    // A state counts for half of the room at most: one too heavy to be kept would be loaded again for each batch, and be in memory then.
    const size = Math.max(1, Math.ceil(Math.min(this.#decider.weigh(state), this.#entries.maxSize / 2)));
    this.#entries.set(subject, { state, full, shard, epoch: this.#epoch(shard) }, { size });
  }

  /** Whether states of the shard are still true under this head; if not, they are dropped. */
  confirm(shard: number, head: KnownHead): boolean {
    const known = this.#heads.get(shard);
    if (known?.position === head.position && known.generation === head.generation && known.hash.equals(head.hash))
      return true;
    this.drop(shard);
    return false;
  }

  /** The head as we left it, if nothing was seen of others since. */
  head(shard: number): KnownHead | undefined {
    return this.#heads.get(shard);
  }

  /** After our own commit, or when states are about to be loaded under this head. */
  follow(shard: number, { position, hash, generation, recorded }: KnownHead): void {
    this.#heads.set(shard, { position, hash, generation, recorded });
  }

  /** A state that evolved in a batch that failed. */
  forget(subject: string): void {
    this.#entries.delete(subject);
  }

  drop(shard: number): void {
    this.#heads.delete(shard);
    this.#epochs.set(shard, this.#epoch(shard) + 1);
  }

  #tell(subject: string, { state, shard, epoch }: Entry<State>): void {
    const head = this.#heads.get(shard);
    if (head !== undefined && epoch === this.#epoch(shard)) this.#letGo?.(subject, shard, state, head);
  }

  #epoch(shard: number): number {
    return this.#epochs.get(shard) ?? 0;
  }
}
