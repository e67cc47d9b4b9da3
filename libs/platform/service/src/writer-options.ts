import type { Environment } from './environment.ts';

/** What a domain's writer is given out of the environment. */
export function writerOptions(environment: Environment): { loops: number; queueLimit: number; cacheBytes: number } {
  const { WRITER_LOOPS, QUEUE_LIMIT, CACHE_MB } = environment;
  // The environment bounds the whole service; a writer bounds each of its loops.
  return { loops: WRITER_LOOPS, queueLimit: Math.ceil(QUEUE_LIMIT / WRITER_LOOPS), cacheBytes: CACHE_MB * 1_048_576 };
}
