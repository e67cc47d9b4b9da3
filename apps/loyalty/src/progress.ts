import { SingleBar } from 'cli-progress';

/** How far long work has come, on standard error: standard output is for answers. */
export interface Progress {
  /** @param total where it became known or grew */
  at(value: number, total?: number): void;
  /** The last state stays visible. */
  stop(): void;
}

/** Without a terminal: a line now and then, for logs. */
const EVERY_MS = 5_000;

/** @param unit what is counted: `rows`, `events`. */
export function startProgress(title: string, unit: string, total = 0): Progress {
  return process.stderr.isTTY ? bar(title, unit, total) : lines(title, unit, total);
}

function bar(title: string, unit: string, total: number): Progress {
  const single = new SingleBar({
    stream: process.stderr,
    format: `${title.padEnd(12)} {bar} {percentage}% {value}/{total} ${unit} {rate}/s`,
    hideCursor: true,
    barsize: 30,
    forceRedraw: true,
  });
  const started = performance.now();
  single.start(total, 0, { rate: '-' });
  return {
    at(value, newTotal) {
      if (newTotal !== undefined) single.setTotal(newTotal);
      single.update(value, { rate: Math.round((value / Math.max(performance.now() - started, 1)) * 1000) });
    },
    stop: () => single.stop(),
  };
}

function lines(title: string, unit: string, total: number): Progress {
  let known = total;
  let current = 0;
  const print = (): void => {
    const of = known > 0 ? ` of ${known} (${Math.floor((current / known) * 100)} %)` : '';
    process.stderr.write(`${title}: ${current}${of} ${unit}\n`);
  };
  const timer = setInterval(print, EVERY_MS).unref();
  return {
    at(value, newTotal) {
      current = value;
      if (newTotal !== undefined) known = newTotal;
    },
    stop() {
      clearInterval(timer);
      if (current > 0) print();
    },
  };
}
