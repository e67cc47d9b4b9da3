import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ServerOptions } from './embedded-server.ts';

export type EmbeddedOptions = Omit<ServerOptions, 'existing'>;

export interface Embedded {
  /** Of the database `loyalty`, with its password. */
  readonly url: string;
  /** Lets go of the server; the last process to do so stops it. Resolves when that is done. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL 18 from node_modules, or joins the one already running on `dir`. Several processes may share it; it stops with
 * the last of them, also when that is killed (see keeper.ts). Rejects with a sentence that says what to do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const source = import.meta.url.endsWith('.ts');
  const keeper = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL(source ? './keeper.ts' : './keeper.js', import.meta.url)),
      JSON.stringify(options),
    ],
    // Its own process group: Ctrl-C in the terminal must not reach it. NODE_OPTIONS are meant for the parent.
    { detached: true, stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  try {
    const url = await firstAnswer(keeper);
    keeper.unref();
    (keeper.stdin as unknown as { unref(): void }).unref();
    return { url, stop: () => stop(keeper) };
  } catch (error) {
    keeper.stdin?.destroy();
    throw error;
  }
}

async function firstAnswer(keeper: ChildProcess): Promise<string> {
  const lines = createInterface({ input: keeper.stdout as NodeJS.ReadableStream });
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => JSON.parse(text as string) as { url?: string; error?: string }),
    once(keeper, 'exit').then(([code]) => ({ url: undefined, error: `the keeper of PostgreSQL ended (${code})` })),
  ]);
  lines.close();
  keeper.stdout?.destroy();
  if (line.url === undefined) throw new Error(line.error);
  return line.url;
}

async function stop(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  // Or Node runs dry and exits half-way.
  keeper.ref();
  const ended = once(keeper, 'exit');
  keeper.stdin?.destroy();
  await ended;
}
