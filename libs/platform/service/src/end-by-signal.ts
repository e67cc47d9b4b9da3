import type { Logger } from 'pino';
import { stopTelemetry } from './telemetry.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Lets SIGTERM and SIGINT end the process in order: `close` stops accepting, drains, and stops the database last; then the
 * process ends by the very signal, as whoever waits for it expects. A second signal ends it at once.
 */
export function endBySignal(close: () => Promise<void>, logger: Logger): void {
  let ending = false;
  const end = (signal: (typeof SIGNALS)[number]): void => {
    if (ending) {
      for (const each of SIGNALS) process.removeAllListeners(each);
      process.kill(process.pid, signal);
      return;
    }
    ending = true;
    logger.info({ signal }, 'stopping');
    void close()
      .catch((error: unknown) => logger.error(error, 'did not stop cleanly'))
      .then(stopTelemetry)
      .finally(() => {
        for (const each of SIGNALS) process.removeAllListeners(each);
        process.kill(process.pid, signal);
      });
  };
  for (const signal of SIGNALS) process.on(signal, end);
}
