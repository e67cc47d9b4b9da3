import { consumerStatus, type ConsumerPlace } from '@loyalty/event-log';
import type { Pool } from 'pg';
import type { CheckOutcome } from './check-outcome.ts';

/**
 * What each consumer has not applied. Lag is no mistake (it is waited for before), a parked event is: what it would have done is
 * missing from everything behind it.
 */
export async function verifyConsumers(pool: Pool, consumers: readonly ConsumerPlace[]): Promise<CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  for (const place of consumers) {
    const shards = await consumerStatus(pool, place);
    const parked = shards.filter((shard) => shard.parked > 0);
    const lost = shards.filter(({ checkpoint, head }) => checkpoint > head);
    outcomes.push({
      name: `${place.consumer} follows ${place.source}`,
      ok: parked.length === 0 && lost.length === 0,
      checked: shards.reduce((sum, { checkpoint }) => sum + checkpoint, 0),
      unit: 'events applied',
      problems: [
        ...parked.map(
          (each) => `shard ${each.shard}: ${each.parked} parked, so this is incomplete (loyalty parked list)`,
        ),
        ...lost.map(
          (each) => `shard ${each.shard}: applied up to ${each.checkpoint}, but the source ends at ${each.head}`,
        ),
      ],
    });
  }
  return outcomes;
}
