import type { Pool } from 'pg';
import { readHeads } from './read.ts';
import { verifyChain, type Anchor, type ChainOptions, type ChainResult } from './verify-chain.ts';

export interface LogChainOptions extends Pick<ChainOptions, 'schema' | 'service' | 'eventCheck'> {
  /** Of any of its shards, kept by somebody else. */
  readonly anchors?: readonly Anchor[];
  /** Called now and then with the events looked at so far, over all shards. */
  readonly onProgress?: (checked: number) => void;
}

/** Shards walked at once: while one waits for the database, the other hashes. More only share the one thread that hashes. */
const LANES = 2;

/** `verifyChain` for every shard of a log, in order of shards. Rejects only when the database fails. */
export async function verifyLog(pool: Pool, options: LogChainOptions): Promise<ChainResult[]> {
  const { schema, service, anchors = [], eventCheck, onProgress } = options;
  const results: ChainResult[] = [];
  const reached = new Map<number, number>();
  const waiting = (await readHeads(pool, schema)).map(({ shard }) => shard);
  const lane = async (): Promise<void> => {
    for (let shard = waiting.shift(); shard !== undefined; shard = waiting.shift()) {
      const own = shard;
      const progress = (position: number): void => {
        reached.set(own, position);
        onProgress?.([...reached.values()].reduce((sum, each) => sum + each, 0));
      };
      results.push(await verifyChain(pool, { schema, service, shard, anchors, eventCheck, onProgress: progress }));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results.sort((a, b) => a.shard - b.shard);
}
