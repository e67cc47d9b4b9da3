import type { Environment } from './environment.ts';
import { writerObserver } from './telemetry.ts';
import type { WriterObserver } from './writer-spans.ts';

export interface WriterSettings {
  readonly loops: number;
  readonly queueLimit: number;
  readonly cacheBytes: number;
  readonly observer?: WriterObserver;
}

/** What a domain's writer is given out of the environment. */
export function writerOptions({ WRITER_LOOPS, QUEUE_LIMIT, CACHE_MB }: Environment): WriterSettings {
  const observer = writerObserver();
  return {
    loops: WRITER_LOOPS,
    // The environment bounds the whole service; a writer bounds each of its loops.
    queueLimit: Math.ceil(QUEUE_LIMIT / WRITER_LOOPS),
    cacheBytes: CACHE_MB * 1_048_576,
    ...(observer && { observer }),
  };
}
