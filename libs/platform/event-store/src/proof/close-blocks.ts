import { setImmediate as turn } from 'node:timers/promises';
import { byteaArray, int8Array, transaction } from '@loyalty/database';
import type { Pool, PoolClient } from 'pg';
import { HASH_BYTES } from '../chain.ts';
import { Peaks } from './blocks.ts';
import { leavesOf, rootOf } from './merkle.ts';

/** Blocks of one shard in one transaction, at most: 16,384 hashes, half a megabyte. */
const MOST_BLOCKS = 16;

export interface Closing {
  /** Rows written. */
  readonly closed: number;
  /** Full blocks that are still open, where this process could go on. */
  readonly left: number;
  /** Shards that cannot go on, and why: their other blocks stay open. */
  readonly problems: readonly string[];
}

interface Standing {
  readonly shard: number;
  readonly block: number;
  readonly closed: number;
  readonly full: number;
}

/**
 * Closes blocks that are full, some of every shard. Does nothing while another process does it, and a crash loses nothing: what was
 * not committed is made again, the same. Rejects only when the database fails.
 */
export function closeBlocks(pool: Pool, schema: string): Promise<Closing> {
  return transaction(pool, async (tx) => {
    const { rows: locks } = await tx.query<{ got: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtext('${schema}.blocks')) AS got`,
    );
    if (!locks[0]?.got) return { closed: 0, left: 0, problems: [] };
    // A crash of the server may take back the last moments: they are then made again.
    await tx.query('SET LOCAL synchronous_commit = off');
    const { rows: shards } = await tx.query<Standing>(
      `SELECT head.shard, log.block, head.position / log.block AS full,
         coalesce((SELECT max(number) FROM ${schema}.blocks WHERE blocks.shard = head.shard), 0) AS closed
       FROM ${schema}.heads AS head, ${schema}.log ORDER BY head.shard`,
    );
    let closed = 0;
    let left = 0;
    const problems: string[] = [];
    for (const standing of shards.filter(({ full, closed: done }) => full > done)) {
      const upto = Math.min(standing.full, standing.closed + MOST_BLOCKS);
      const problem = await closeShard(tx, schema, standing, upto);
      if (problem !== undefined) problems.push(problem);
      else {
        closed += upto - standing.closed;
        left += standing.full - upto;
      }
    }
    return { closed, left, problems };
  });
}

/** Gives what is wrong, where something is: then nothing of the shard was written. */
async function closeShard(
  tx: PoolClient,
  schema: string,
  { shard, block, closed }: Standing,
  upto: number,
): Promise<string | undefined> {
  const { rows } = await tx.query<{ number: number; hashes: Buffer }>({
    name: `block_hashes_${schema}`,
    text: `SELECT (position - 1) / $2 + 1 AS number, string_agg(hash, '' ORDER BY position) AS hashes
           FROM ${schema}.events WHERE shard = $1 AND position > $3 AND position <= $4 GROUP BY 1 ORDER BY 1`,
    values: [shard, block, closed * block, upto * block],
  });
  const peaks = await Peaks.at(tx, schema, shard, closed);
  const nodes: Buffer[] = [];
  for (let number = closed + 1; number <= upto; number++) {
    const hashes = rows.find((row) => row.number === number)?.hashes;
    if (hashes?.length !== block * HASH_BYTES) {
      return `shard ${shard}: events are missing from block ${number} (positions ${(number - 1) * block + 1} to ${number * block}); run \`loyalty verify\``;
    }
    nodes.push(Buffer.concat(peaks.push(rootOf(leavesOf(hashes)))));
    // 0.6 ms of hashing each: commands must not wait for sixteen of them.
    await turn();
  }
  await tx.query(
    `INSERT INTO ${schema}.blocks (shard, number, nodes)
     SELECT $1, number, nodes FROM unnest($2::int8[], $3::bytea[]) AS made(number, nodes)`,
    [shard, int8Array(nodes.map((_, i) => closed + 1 + i)), byteaArray(nodes)],
  );
  return undefined;
}
