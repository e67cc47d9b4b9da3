import { setTimeout } from 'node:timers/promises';
import { reasonOf } from '@loyalty/event-log';
import { inTime, UnavailableError } from '@loyalty/service';

const MOST_MS = 20_000;
const AGAIN_MS = 250;

/**
 * What is asked of far logs while somebody waits for the answer; again where it fails, for a broker that hands a partition over is back at
 * once. Rejects with UnavailableError (503) after twenty seconds without an answer.
 */
export async function fromBroker<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + MOST_MS;
  for (;;) {
    try {
      return await inTime(ask(), deadline - performance.now());
    } catch (error) {
      if (performance.now() + AGAIN_MS >= deadline)
        throw new UnavailableError(
          `The logs of other services cannot be read over Kafka just now (${reasonOf(error)}): send the same request again.`,
          'broker_unavailable',
          5,
        );
      await setTimeout(AGAIN_MS);
    }
  }
}
