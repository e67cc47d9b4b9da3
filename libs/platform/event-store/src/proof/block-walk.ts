import type { Pool } from 'pg';
import { HASH_BYTES } from '../chain.ts';
import { Peaks, readNodes } from './blocks.ts';
import { leavesOf, rootOf } from './merkle.ts';

export interface WrongBlock {
  /** Of its first event. */
  readonly position: number;
  readonly message: string;
}

/** Compares the closed blocks of a shard with its events, while somebody walks along them. */
export class BlockWalk {
  /** Blocks that agreed. */
  checked = 0;
  readonly #pool: Pool;
  readonly #schema: string;
  readonly #shard: number;
  readonly #block: number;
  readonly #closed: number;
  readonly #peaks: Peaks;
  readonly #hashes: Buffer;
  #number: number;
  #stored: ReadonlyMap<number, Buffer> = new Map();

  private constructor(pool: Pool, place: BlockPlace, closed: number, peaks: Peaks, before: number) {
    this.#pool = pool;
    this.#schema = place.schema;
    this.#shard = place.shard;
    this.#block = place.block;
    this.#closed = closed;
    this.#peaks = peaks;
    this.#number = before + 1;
    this.#hashes = Buffer.alloc(place.block * HASH_BYTES);
  }

  /** Blocks that are closed now and begin behind the position `from`; nodes before them are believed. */
  static async start(pool: Pool, place: BlockPlace, from: number): Promise<BlockWalk> {
    const { schema, shard, block } = place;
    const { rows } = await pool.query<{ closed: number }>(
      `SELECT coalesce(max(number), 0) AS closed FROM ${schema}.blocks WHERE shard = $1`,
      [shard],
    );
    const closed = rows[0]?.closed ?? 0;
    const before = Math.ceil(from / block);
    return new BlockWalk(pool, place, closed, await Peaks.at(pool, schema, shard, Math.min(before, closed)), before);
  }

  /** Where the last closed block ends. */
  get end(): number {
    return this.#closed * this.#block;
  }

  /** Reads what is stored of the blocks that end in this stretch. */
  async prepare(after: number, upto: number): Promise<void> {
    const numbers: number[] = [];
    const last = Math.min(this.#closed, Math.floor(upto / this.#block));
    for (let number = Math.floor(after / this.#block) + 1; number <= last; number++) numbers.push(number);
    this.#stored = await readNodes(this.#pool, this.#schema, this.#shard, numbers);
  }

  /** The next event: its hash, as computed. */
  take(position: number, hash: Buffer): WrongBlock | undefined {
    const number = this.#number;
    const at = position - 1 - (number - 1) * this.#block;
    if (number > this.#closed || at < 0) return undefined;
    this.#hashes.set(hash, at * HASH_BYTES);
    if (at < this.#block - 1) return undefined;
    this.#number++;
    const nodes = Buffer.concat(this.#peaks.push(rootOf(leavesOf(this.#hashes))));
    const stored = this.#stored.get(number);
    const first = (number - 1) * this.#block + 1;
    const named = `block ${number} (positions ${first} to ${position})`;
    if (!stored) return { position: first, message: `${named} is missing from the closed blocks` };
    if (!stored.subarray(0, HASH_BYTES).equals(nodes.subarray(0, HASH_BYTES)))
      return { position: first, message: `${named} was closed over other events than stand there now` };
    if (!stored.equals(nodes)) return { position: first, message: `${named} completes other nodes than those stored` };
    this.checked++;
    return undefined;
  }
}

export interface BlockPlace {
  readonly schema: string;
  readonly shard: number;
  /** Positions in a block. */
  readonly block: number;
}
