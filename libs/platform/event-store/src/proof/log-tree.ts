import type { ClientBase, Pool } from 'pg';
import { HASH_BYTES } from '../chain.ts';
import { nodeOf, readNodes } from './blocks.ts';
import { innerHash, leavesOf, levelsOf, pathOf, rootOf } from './merkle.ts';

type Db = Pool | ClientBase;

/** Full blocks that nobody has closed yet may be this many: their hashes are read and held, 32 KB a block. */
const MOST_OPEN = 64;

/** Blocks are still being closed, as after an upgrade: try again in a moment. */
export class BlocksBehindError extends Error {
  override readonly name = 'BlocksBehindError';
}

export interface TreeOf {
  readonly schema: string;
  readonly shard: number;
  /** Positions in a block, as the log says. */
  readonly block: number;
  /** How many events, from the first: one or more. */
  readonly size: number;
}

/** Gives the node that spans 2 ** level blocks and ends with block `end`. */
type Stored = (end: number, level: number) => Buffer;

/**
 * The Merkle tree of RFC 6962 over the first `size` events of a shard: a leaf an event, its chain hash. The lower levels of a closed
 * block are computed from its events; what lies above is in the table `blocks`; what is not closed yet is computed too. So a root or
 * a path costs a few index seeks, however long the log.
 */
export class LogTree {
  readonly size: number;
  readonly #db: Db;
  readonly #of: TreeOf;
  /** Blocks whose nodes are stored. */
  readonly #closed: number;
  /** Leaves behind them. */
  readonly #open: Buffer;
  readonly #openRoots: readonly Buffer[];
  #block: { readonly index: number; readonly levels: readonly Buffer[] } | undefined;

  private constructor(db: Db, of: TreeOf, closed: number, open: Buffer) {
    this.#db = db;
    this.#of = of;
    this.size = of.size;
    this.#closed = closed;
    this.#open = open;
    const bytes = of.block * HASH_BYTES;
    this.#openRoots = Array.from({ length: Math.ceil(open.length / bytes) }, (_, i) =>
      rootOf(open.subarray(i * bytes, (i + 1) * bytes)),
    );
  }

  /** @throws {BlocksBehindError} */
  static async open(db: Db, of: TreeOf): Promise<LogTree> {
    const { schema, shard, block, size } = of;
    const full = Math.floor(size / block);
    const { rows } = await db.query<{ closed: number }>(
      `SELECT coalesce(max(number), 0) AS closed FROM ${schema}.blocks WHERE shard = $1 AND number <= $2`,
      [shard, full],
    );
    const closed = rows[0]?.closed ?? 0;
    if (full - closed > MOST_OPEN)
      throw new BlocksBehindError(`${full - closed} full blocks of shard ${shard} are not closed yet: try again soon`);
    return new LogTree(db, of, closed, await readLeaves(db, of, closed * block, size));
  }

  /** The Merkle Tree Hash. */
  async root(): Promise<Buffer> {
    const [root] = await this.#with((stored) => [this.#node(stored, 0, Infinity)]);
    return root as Buffer;
  }

  /** The audit path of the event at this position, lowest sibling first, each 64 hex digits. */
  async path(position: number): Promise<string[]> {
    const { block } = this.#of;
    const index = Math.floor((position - 1) / block);
    const below = pathOf(await this.#levels(index), (position - 1) % block);
    const above = await this.#with((stored) => {
      const path: Buffer[] = [];
      for (let level = 0; 2 ** level < this.#blocks; level++) {
        const at = Math.floor(index / 2 ** level);
        const sibling = at % 2 === 0 ? at + 1 : at - 1;
        if (sibling * 2 ** level < this.#blocks) path.push(this.#node(stored, sibling, level));
      }
      return path;
    });
    return [...below, ...above].map((node) => node.toString('hex'));
  }

  /** Closed, full and the last. */
  get #blocks(): number {
    return this.#closed + this.#openRoots.length;
  }

  /** The node over blocks `at` × 2 ** level to the next one's first, or to the end of the tree. */
  #node(stored: Stored, at: number, level: number): Buffer {
    const top = level === Infinity ? Math.ceil(Math.log2(this.#blocks)) : level;
    const end = (at + 1) * 2 ** top;
    if (end <= this.#closed) return stored(end, top);
    if (top === 0) return this.#openRoots[at - this.#closed] as Buffer;
    const left = this.#node(stored, at * 2, top - 1);
    return (at * 2 + 1) * 2 ** (top - 1) < this.#blocks
      ? innerHash(left, this.#node(stored, at * 2 + 1, top - 1))
      : left;
  }

  /** Runs a walk twice: first to learn which stored nodes it asks for, then with all of them, read at once. */
  async #with(walk: (stored: Stored) => Buffer[]): Promise<Buffer[]> {
    const asked = new Set<number>();
    const unknown = Buffer.alloc(HASH_BYTES);
    walk((end) => {
      asked.add(end);
      return unknown;
    });
    const { schema, shard } = this.#of;
    const nodes = await readNodes(this.#db, schema, shard, [...asked]);
    return walk((end, level) => nodeOf(nodes, end, level));
  }

  /** Of a block, the last one kept: entries of a member come in order. */
  async #levels(index: number): Promise<readonly Buffer[]> {
    if (this.#block?.index !== index) {
      const { block } = this.#of;
      const from = (index - this.#closed) * block * HASH_BYTES;
      const leaves =
        from < 0
          ? await readLeaves(this.#db, this.#of, index * block, (index + 1) * block)
          : this.#open.subarray(from, from + block * HASH_BYTES);
      this.#block = { index, levels: levelsOf(leaves) };
    }
    return this.#block.levels;
  }
}

async function readLeaves(db: Db, { schema, shard }: TreeOf, after: number, upto: number): Promise<Buffer> {
  if (upto === after) return Buffer.alloc(0);
  const { rows } = await db.query<{ hashes: Buffer | null }>({
    name: `tree_leaves_${schema}`,
    text: `SELECT string_agg(hash, '' ORDER BY position) AS hashes FROM ${schema}.events
           WHERE shard = $1 AND position > $2 AND position <= $3`,
    values: [shard, after, upto],
  });
  const hashes = rows[0]?.hashes ?? Buffer.alloc(0);
  if (hashes.length !== (upto - after) * HASH_BYTES)
    throw new Error(`events are missing between ${after + 1} and ${upto} of shard ${shard}; run \`loyalty verify\``);
  return leavesOf(hashes);
}
