import { setFlagsFromString } from 'node:v8';

/** How much the heap may grow beyond what survived the last full collection before the next one. */
const ROOMY_PERCENT = 150;
/** The same for a process that is large already. */
const TIGHT_PERCENT = 40;
/** From this resident set on. Services are to stay below 512 MB. */
const LARGE_BYTES = 360 * 1_048_576;
const LOOK_MS = 500;
/** Of the young generation, in MB. */
const SEMI_SPACE_MB = 16;

/**
 * Keeps the resident set flat: an importing process otherwise takes memory because it is there, not because it needs it (a full
 * collection took one from 620 MB to 270). The young generation's size and malloc's arenas can only be set at birth, so the process
 * replaces itself, keeping its id; where it cannot (no Linux, a parent's channel that would be lost), or where MALLOC_ARENA_MAX says
 * that somebody has decided already, only the heap's growth is bounded. Call it before anything else is loaded.
 *
 * Importing 50,000 to 60,000 purchases on two busy cores, peak and the process's own time: V8's own sizes 493 MB and 13.9 s;
 * one arena 436 MB and 13.3 s; 32 MB of semi-space 380 MB and 13.5 s; 16 MB and one arena: growth 100 % 338 MB and 12.5 s,
 * 150 % 385 MB and 11.7 s, 200 % 424 MB and 10.8 s. So it may grow until it is large, and is collected more often from then on. A fixed
 * --max-old-space-size bounds as well, but ends the process where it is too small.
 */
export function boundMemory(): void {
  boundGrowth();
  const { platform, env, channel, execPath, execArgv, argv } = process;
  if (platform !== 'linux' || channel !== undefined || env['MALLOC_ARENA_MAX'] !== undefined) return;
  const flags = [`--max-semi-space-size=${SEMI_SPACE_MB}`, ...execArgv];
  process.execve?.(execPath, [execPath, ...flags, ...argv.slice(1)], { ...env, MALLOC_ARENA_MAX: '1' });
}

/** The collector asks for the percentage each time it is through. */
function boundGrowth(): void {
  let percent = 0;
  const look = (): void => {
    const wanted = process.memoryUsage.rss() > LARGE_BYTES ? TIGHT_PERCENT : ROOMY_PERCENT;
    if (wanted !== percent) setFlagsFromString(`--heap-growing-percent=${wanted}`);
    percent = wanted;
  };
  look();
  setInterval(look, LOOK_MS).unref();
}
