import { Worker } from 'node:worker_threads';
import type { EventCheck } from '@loyalty/database';
import type { ChainOptions, ChainResult } from './verify-chain.ts';

/** Verifies one shard's chain, somewhere. */
export type Walk = (options: Omit<ChainOptions, 'eventCheck' | 'from'>) => Promise<ChainResult>;

/** What a thread is made with. A function cannot be sent to it: the check is loaded there. */
export interface ThreadData {
  readonly url: string;
  readonly check: Pick<EventCheck, 'name' | 'module'> | undefined;
}

/** What a thread tells: how far it came, and in the end what it found or how it failed. */
export type ThreadMessage =
  | { readonly kind: 'progress'; readonly position: number; readonly head: number }
  | { readonly kind: 'found'; readonly result: ChainResult }
  | { readonly kind: 'failed'; readonly error: Error };

const source = import.meta.url.endsWith('.ts');

/** A thread with a connection of its own that verifies chains, one after the other. */
export class ChainThread {
  readonly #worker: Worker;
  readonly #ended: Promise<unknown>;
  #reject: ((error: Error) => void) | undefined;

  constructor(url: string, eventCheck: EventCheck | undefined) {
    const check = eventCheck && { name: eventCheck.name, module: eventCheck.module };
    const data: ThreadData = { url, check };
    this.#worker = new Worker(new URL(source ? './verify-thread.ts' : './verify-thread.js', import.meta.url), {
      workerData: data,
      execArgv: source ? ['--conditions=@loyalty/source', '--disable-warning=ExperimentalWarning'] : [],
    });
    this.#ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.on('error', (error) => this.#reject?.(error as Error));
    void this.#ended.then(() => this.#reject?.(new Error('a thread that verified a chain has ended')));
  }

  readonly walk: Walk = ({ onProgress, ...options }) =>
    new Promise((resolve, reject) => {
      this.#reject = reject;
      const listen = (message: ThreadMessage): void => {
        if (message.kind === 'progress') return onProgress?.(message.position, message.head);
        this.#worker.off('message', listen);
        if (message.kind === 'found') resolve(message.result);
        else reject(message.error);
      };
      this.#worker.on('message', listen);
      this.#worker.postMessage(options);
    });

  async close(): Promise<void> {
    this.#reject = undefined;
    this.#worker.postMessage(null);
    await this.#ended;
  }
}
