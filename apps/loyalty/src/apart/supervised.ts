import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { backOffMs } from '@loyalty/event-log';

const FIRST_PAUSE_MS = 250;
const MOST_PAUSE_MS = 10_000;
/** Who lived this long after it was ready has not died of how it was started. */
const STEADY_MS = 10_000;
/** With the pauses between them half a minute: a database that is just starting is there by then. */
const QUICK_DEATHS = 8;
const WRONG_SETTINGS = 2;
const STOP_MS = 30_000;
const END_WITH_PARENT = import.meta.url.endsWith('.ts') ? './end-with-parent.ts' : './end-with-parent.js';

export interface SupervisedOptions {
  readonly name: string;
  /** A JavaScript file that prints `ready <url>` when it answers. */
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For the program. @default none */
  readonly programArguments?: readonly string[];
  /** For node, before the program. @default none */
  readonly nodeArguments?: readonly string[];
  /** In a row, until it is given up. @default 8 */
  readonly quickDeaths?: number;
  /** The longest pause before it is started again. @default 10000 */
  readonly pauseMs?: number;
  /** Each line that it writes, and what its supervisor has to say about it. */
  readonly onLine: (line: string) => void;
  /** It died as soon as it was started, again and again, or says that its settings are wrong: nothing will start it now. */
  readonly onGivenUp: (reason: string) => void;
}

/** A process that is started again when it dies, on the port that it had at first. */
export class Supervised {
  readonly name: string;
  /** Resolves with the first address that it tells. */
  readonly ready: Promise<string>;
  #url: string | undefined;
  #starts = 0;
  #child: ChildProcess | undefined;
  #readySince: number | undefined;
  readonly #options: SupervisedOptions;
  readonly #stopping = new AbortController();
  readonly #life: Promise<void>;
  #answered: (url: string) => void = () => undefined;

  constructor(options: SupervisedOptions) {
    this.name = options.name;
    this.#options = options;
    this.ready = new Promise((resolve) => (this.#answered = resolve));
    this.#life = this.live();
  }

  /** Of the process that runs now; undefined between two. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  /** Whether the process that runs now has said that it answers. */
  get isReady(): boolean {
    return this.#readySince !== undefined;
  }

  /** As an operator stops it; after half a minute by force. Resolves when it is gone for good. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    child?.kill('SIGTERM');
    const late = new AbortController();
    setTimeout(STOP_MS, undefined, { signal: late.signal }).then(
      () => child?.kill('SIGKILL'),
      () => undefined,
    );
    await this.#life;
    late.abort();
  }

  private async live(): Promise<void> {
    const { quickDeaths = QUICK_DEATHS, pauseMs = MOST_PAUSE_MS, onLine, onGivenUp } = this.#options;
    const { signal } = this.#stopping;
    let quick = 0;
    while (!signal.aborted) {
      const { how, code, steady } = await this.liveOnce();
      if (signal.aborted) return;
      quick = steady ? 1 : quick + 1;
      if (code === WRONG_SETTINGS || quick > quickDeaths) {
        onGivenUp(
          code === WRONG_SETTINGS ? 'its settings are wrong' : `it died ${quick} times in a row, at last by ${how}`,
        );
        return;
      }
      const pause = backOffMs(quick, 1, FIRST_PAUSE_MS, pauseMs);
      onLine(`DIED (${how}); started again in ${pause} ms`);
      await setTimeout(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  private async liveOnce(): Promise<{ how: string; code: number | null; steady: boolean }> {
    const { program, programArguments = [], env, nodeArguments = [], onLine } = this.#options;
    const own = this.#url === undefined ? {} : { PORT: new URL(this.#url).port };
    const preload = new URL(END_WITH_PARENT, import.meta.url).href;
    const child = spawn(
      process.execPath,
      ['--enable-source-maps', '--import', preload, ...nodeArguments, program, ...programArguments],
      // Its own process group: see end-with-parent.ts.
      { detached: true, stdio: ['pipe', 'pipe', 'pipe'], env: { ...env, ...own } },
    );
    this.#child = child;
    this.#starts++;
    child.stdin.on('error', () => undefined);
    const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        const [, url] = /^ready (\S+)$/.exec(line) ?? [];
        if (url === undefined) onLine(line);
        else this.answers(url);
      });
    }
    try {
      const [code, signal] = await ended;
      const steady = this.#readySince !== undefined && performance.now() - this.#readySince >= STEADY_MS;
      return { how: signal ?? `exit code ${code}`, code, steady };
    } catch (error) {
      return { how: (error as Error).message, code: null, steady: false };
    } finally {
      this.#child = undefined;
      this.#readySince = undefined;
    }
  }

  private answers(url: string): void {
    this.#readySince = performance.now();
    this.#url = url;
    this.#options.onLine(`answers at ${url}, process ${this.pid}`);
    this.#answered(url);
  }
}
