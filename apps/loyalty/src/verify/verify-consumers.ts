import { consumerStatus, discardSubject, endsOf, type ConsumerPlace } from '@loyalty/event-log';
import type { Pool } from 'pg';
import type { CheckOutcome } from './check-outcome.ts';

/**
 * What each consumer has not applied. Lag is no mistake (it is waited for before), a parked event is: what it would have done is
 * missing from everything behind it.
 */
export async function verifyConsumers(pool: Pool, consumers: readonly ConsumerPlace[]): Promise<CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  for (const place of consumers) {
    const shards = await consumerStatus(pool, place, await endsOf(place));
    const parked = shards.filter((shard) => shard.parked > 0);
    const lost = shards.filter(({ checkpoint, head }) => checkpoint > head);
    const discarded = await discardedBy(pool, place);
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
      ...(discarded > 0 && {
        note: `without ${discarded} ${discarded === 1 ? 'event' : 'events'} given up by an operator (loyalty parked discard)`,
      }),
    });
  }
  return outcomes;
}

/** Who writes no log of its own has no reactor, and nothing to give up. */
async function discardedBy(pool: Pool, place: ConsumerPlace): Promise<number> {
  const log = await pool.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    `${place.schema}.events`,
  ]);
  if (!log.rows[0]?.there) return 0;
  const { rows } = await pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${place.schema}.events WHERE shard = 0 AND subject = $1`,
    [discardSubject(place)],
  );
  return rows[0]?.n ?? 0;
}
