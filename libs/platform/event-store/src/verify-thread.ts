import { parentPort, workerData } from 'node:worker_threads';
import { createPool, type EventCheck } from '@loyalty/database';
import type { ThreadData, ThreadMessage } from './chain-thread.ts';
import { verifyChain, type ChainOptions } from './verify-chain.ts';

/** The thread of a `ChainThread`: options of one shard come in, what was found goes out; null ends it. */
const { url, check } = workerData as ThreadData;
const pool = createPool({ url, max: 2, name: 'loyalty verify' });
const port = parentPort as NonNullable<typeof parentPort>;
const tell = (message: ThreadMessage): void => port.postMessage(message);

port.on('message', (options: ChainOptions | null) => void (options === null ? end() : walk(options)));

async function walk(options: ChainOptions): Promise<void> {
  try {
    const eventCheck = check && (await load(check));
    const onProgress = (position: number, head: number): void => tell({ kind: 'progress', position, head });
    tell({ kind: 'found', result: await verifyChain(pool, { ...options, eventCheck, onProgress }) });
  } catch (error) {
    tell({ kind: 'failed', error: error as Error });
  }
}

async function load({ module, name }: Pick<EventCheck, 'name' | 'module'>): Promise<EventCheck> {
  const exported = Object.values((await import(module)) as Record<string, Partial<EventCheck>>);
  const found = exported.find((each) => each.name === name && typeof each.look === 'function');
  if (!found) throw new Error(`${module} exports no event check named ${name}`);
  return found as EventCheck;
}

async function end(): Promise<void> {
  await pool.end();
  port.close();
}
