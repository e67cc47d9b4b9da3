import type { ClientBase, Pool } from 'pg';
import { HASH_BYTES } from '../chain.ts';
import { innerHash } from './merkle.ts';

/** A complete subtree: its root, and how many blocks it spans: 2 ** level. */
interface Peak {
  readonly level: number;
  readonly root: Buffer;
}

/** The complete subtrees that the first n blocks of a shard consist of, largest first: one for each bit of n. */
export class Peaks {
  readonly #peaks: Peak[];

  private constructor(peaks: Peak[]) {
    this.#peaks = peaks;
  }

  static async at(db: Pool | ClientBase, schema: string, shard: number, blocks: number): Promise<Peaks> {
    const wanted: { end: number; level: number }[] = [];
    for (let end = blocks; end > 0; end -= 2 ** (wanted.at(-1)?.level ?? 0)) wanted.push({ end, level: levelOf(end) });
    const ends = wanted.map(({ end }) => end);
    const nodes = await readNodes(db, schema, shard, ends);
    return new Peaks(wanted.map(({ end, level }) => ({ level, root: nodeOf(nodes, end, level) })).reverse());
  }

  /** Takes the root of the next block and gives the nodes it completes, lowest first. */
  push(root: Buffer): Buffer[] {
    const completed = [root];
    let peak: Peak = { level: 0, root };
    for (let last = this.#peaks.at(-1); last?.level === peak.level; last = this.#peaks.at(-1)) {
      this.#peaks.pop();
      peak = { level: peak.level + 1, root: innerHash(last.root, peak.root) };
      completed.push(peak.root);
    }
    this.#peaks.push(peak);
    return completed;
  }
}

/** Of the largest subtree that ends with this block: how often its number divides by two. */
function levelOf(number: number): number {
  let level = 0;
  for (let left = number; left % 2 === 0; left /= 2) level++;
  return level;
}

/** Nodes by the block that completes them. Those that are not there are missing from the map. */
export async function readNodes(
  db: Pool | ClientBase,
  schema: string,
  shard: number,
  numbers: readonly number[],
): Promise<Map<number, Buffer>> {
  if (numbers.length === 0) return new Map();
  const { rows } = await db.query<{ number: number; nodes: Buffer }>({
    name: `block_nodes_${schema}`,
    text: `SELECT number, nodes FROM ${schema}.blocks WHERE shard = $1 AND number = ANY ($2::int8[])`,
    values: [shard, numbers],
  });
  return new Map(rows.map(({ number, nodes }) => [number, nodes]));
}

/** Throws where the table does not hold it. */
export function nodeOf(nodes: ReadonlyMap<number, Buffer>, end: number, level: number): Buffer {
  const node = nodes.get(end)?.subarray(level * HASH_BYTES, (level + 1) * HASH_BYTES);
  if (node?.length !== HASH_BYTES)
    throw new Error(
      `block ${end} has no node of level ${level}: its row is missing or was changed; run \`loyalty verify\``,
    );
  return node;
}
