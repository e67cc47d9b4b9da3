import { availableParallelism } from 'node:os';
import type { Pool } from 'pg';
import { readHeads } from './read.ts';
import { verifyChain, type Anchor, type ChainOptions, type ChainResult } from './verify-chain.ts';
import { ChainThread, type Walk } from './chain-thread.ts';

export interface LogChainOptions extends Pick<ChainOptions, 'schema' | 'service' | 'eventCheck'> {
  /** Of any of its shards, kept by somebody else. */
  readonly anchors?: readonly Anchor[];
  /** The database's URL: a large log is walked by a thread a core, each with a connection of its own. Left out: by this thread. */
  readonly url?: string;
  /** Events from which threads are worth their start. @default 100_000 */
  readonly threadsFrom?: number;
  /** Called now and then with the events looked at so far, over all shards. */
  readonly onProgress?: (checked: number) => void;
}

/** Shards that one thread walks at once: while one waits for the database, the other hashes. */
const LANES = 2;
const THREADS_FROM = 100_000;

/** `verifyChain` for every shard of a log, in order of shards. Rejects only when the database or a thread fails. */
export async function verifyLog(pool: Pool, options: LogChainOptions): Promise<ChainResult[]> {
  const { schema, service, anchors = [], eventCheck, url, threadsFrom = THREADS_FROM, onProgress } = options;
  const heads = await readHeads(pool, schema);
  const events = heads.reduce((sum, { position }) => sum + position, 0);
  const threads =
    url === undefined || events < threadsFrom
      ? []
      : Array.from({ length: Math.min(availableParallelism(), heads.length) }, () => new ChainThread(url, eventCheck));
  const here: Walk = (chain) => verifyChain(pool, { ...chain, eventCheck });
  const walks = threads.length > 0 ? threads.map(({ walk }) => walk) : Array.from({ length: LANES }, () => here);
  const results: ChainResult[] = [];
  const reached = new Map<number, number>();
  // The longest first: nobody then waits long for the last.
  const waiting = heads.toSorted((a, b) => b.position - a.position).map(({ shard }) => shard);
  try {
    await Promise.all(
      walks.map(async (walk) => {
        for (let shard = waiting.shift(); shard !== undefined; shard = waiting.shift()) {
          const own = shard;
          const progress = (position: number): void => {
            reached.set(own, position);
            onProgress?.([...reached.values()].reduce((sum, each) => sum + each, 0));
          };
          results.push(await walk({ schema, service, shard, anchors, onProgress: progress }));
        }
      }),
    );
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
  return results.sort((a, b) => a.shard - b.shard);
}
