/**
 * Loaded before a supervised service: it ends when its standard input does, which is when its supervisor is gone, however that ended. It
 * has a process group of its own (Ctrl-C in a terminal must reach the supervisor only), so nothing else would end it.
 */
const MOST_MS = 30_000;

process.stdin
  .on('error', () => undefined)
  .on('close', () => {
    process.kill(process.pid, 'SIGTERM');
    // The database went at the same moment: whatever waits for it has waited long enough then.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), MOST_MS).unref();
  })
  .resume();
(process.stdin as { unref?: () => void }).unref?.();

export {};
