import { type ConsumerPlace, realPacing, STALLED_MS, StalledError, type Pacing } from '@loyalty/event-log';
import { readLog } from '@loyalty/event-store';
import type { Pool } from 'pg';
import { COURIER, type Courier, TRANSFERS } from './courier.ts';
import { POINTS_SCHEMA as schema } from './points-writer.ts';

/** How far the courier is with what a shard's members sent. */
export interface ShardTransfers {
  readonly shard: number;
  /** Log position up to which everything that was sent is with its receivers, or parked. */
  readonly delivered: number;
  /** Transfers beyond it. */
  readonly underWay: number;
  /** Log position of the last of these; 0 where there is none. */
  readonly last: number;
  /** Transfers put aside because they cannot arrive. */
  readonly parked: number;
}

/** The courier as a consumer of the points log: for those who prove what consumers have applied. */
export async function transfersPlace(pool: Pool): Promise<ConsumerPlace> {
  const { shards } = await readLog(pool, schema);
  return { ...TRANSFERS, sourceSchema: schema, shards };
}

export async function readTransfers(pool: Pool): Promise<ShardTransfers[]> {
  const { shards } = await readLog(pool, schema);
  const { rows } = await pool.query<ShardTransfers>({
    name: 'points transfers under way',
    text: `SELECT s.shard, coalesce(c.position, 0) AS delivered, sent."underWay", sent.last,
             (SELECT count(*)::int FROM ${schema}.parked AS p WHERE p.consumer = $1 AND p.source = $2 AND p.shard = s.shard) AS parked
           FROM (SELECT n::smallint AS shard FROM generate_series(0, $3::int - 1) AS n) AS s
           LEFT JOIN ${schema}.checkpoints AS c ON c.consumer = $1 AND c.source = $2 AND c.shard = s.shard
           CROSS JOIN LATERAL (
             SELECT count(*)::int AS "underWay", coalesce(max(t.position), 0) AS last FROM ${schema}.transfers AS t
             WHERE t.shard = s.shard AND t.position > coalesce(c.position, 0)) AS sent
           ORDER BY s.shard`,
    values: [COURIER, schema, shards],
  });
  return rows;
}

const SOONEST_MS = 5;
const LATEST_MS = 200;

/**
 * Resolves once all that had been sent when it was called has arrived or is parked: this courier takes it there, and so may others.
 * Rejects with StalledError, naming the shards and what the courier last failed of, when nothing has arrived for so long.
 */
export async function transfersArrived(
  pool: Pool,
  courier: Pick<Courier, 'deliverAll'>,
  { stalledMs = STALLED_MS, pacing = realPacing }: { readonly stalledMs?: number; readonly pacing?: Pacing } = {},
): Promise<void> {
  const sent = (await readTransfers(pool)).filter(({ underWay }) => underWay > 0);
  const wanted = new Map(sent.map(({ shard, last }) => [shard, last]));
  const waiting = new AbortController();
  let round: Promise<void> | null = null;
  let failure: unknown;
  let left = Infinity;
  let movedAt = pacing.now();
  for (let pause = SOONEST_MS; wanted.size > 0; pause = Math.min(pause * 1.5, LATEST_MS)) {
    round ??= courier
      .deliverAll()
      .then(
        () => (failure = undefined),
        (error: unknown) => (failure = error),
      )
      .then(() => void (round = null));
    await pacing.pause(pause, waiting.signal);
    const behind = (await readTransfers(pool)).filter(({ shard, delivered }) => delivered < (wanted.get(shard) ?? 0));
    if (behind.length === 0) return;
    const remaining = behind.reduce((sum, { shard, delivered }) => sum + (wanted.get(shard) as number) - delivered, 0);
    if (remaining < left) {
      left = remaining;
      movedAt = pacing.now();
    } else if (pacing.now() - movedAt > stalledMs) throw stalled(behind, stalledMs, failure);
  }
}

function stalled(behind: readonly ShardTransfers[], stalledMs: number, failure: unknown): StalledError {
  const shards = behind.map(({ shard, underWay }) => `${shard} (${underWay} under way)`).join(', ');
  const why = failure === undefined ? '' : `: ${(failure as Error).message}`;
  return new StalledError(
    `what members sent has not arrived for ${Math.round(stalledMs / 1000)} s, shards ${shards}${why}`,
  );
}
