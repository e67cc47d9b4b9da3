import type { Pool } from 'pg';
import { lockClass } from './lock-class.ts';
import type { ParkingPlace } from './parking.ts';
import { realPacing, type Pacing } from './pacing.ts';
import type { SourceLog } from './source-log.ts';

/** A consumer of a source, for those who watch it from outside: health, the command line. */
export interface ConsumerPlace extends ParkingPlace {
  readonly shards: number;
  /** Of the source's log, where it lies in the consumer's own database. */
  readonly sourceSchema?: string;
  /** The source's log, where it does not. */
  readonly sourceLog?: SourceLog;
}

/** Last positions by shard; a shard that is left out is empty. */
export type Heads = ReadonlyMap<number, number>;

export interface ShardStatus {
  readonly consumer: string;
  readonly source: string;
  readonly shard: number;
  /** Applied up to here. */
  readonly checkpoint: number;
  /** Last position of the source. Below the checkpoint only where the source lost events (an older backup). */
  readonly head: number;
  readonly lag: number;
  /** Process id, on the database server's side, and application name of who reads the shard; null = nobody. */
  readonly owner: string | null;
  readonly parked: number;
}

/**
 * What the database knows about a consumer's shards, whichever process runs them.
 * @param heads of a source that lies elsewhere
 */
export async function consumerStatus(
  pool: Pool,
  place: ConsumerPlace,
  heads: Heads = new Map(),
): Promise<ShardStatus[]> {
  const { schema, sourceSchema, consumer, source, shards } = place;
  const values: unknown[] = [consumer, source, shards, lockClass('own', schema, consumer, source) >>> 0];
  if (sourceSchema === undefined) values.push([...heads.keys()], [...heads.values()]);
  const { rows } = await pool.query<ShardStatus>(
    `SELECT $1::text AS consumer, $2::text AS source, s.shard, coalesce(c.position, 0) AS checkpoint, coalesce(h.position, 0) AS head,
  greatest(coalesce(h.position, 0) - coalesce(c.position, 0), 0) AS lag, o.owner, coalesce(p.parked, 0)::int AS parked
FROM (SELECT n::smallint AS shard FROM generate_series(0, $3::int - 1) AS n) AS s
LEFT JOIN ${schema}.checkpoints AS c ON c.consumer = $1 AND c.source = $2 AND c.shard = s.shard
LEFT JOIN ${sourceSchema === undefined ? TOLD_HEADS : headsIn(sourceSchema)}
LEFT JOIN (
  SELECT shard, count(*) AS parked FROM ${schema}.parked WHERE consumer = $1 AND source = $2 GROUP BY shard
) AS p ON p.shard = s.shard
LEFT JOIN (
  SELECT l.objid::bigint AS shard, l.pid || coalesce(' ' || nullif(a.application_name, ''), '') AS owner
  FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a USING (pid)
  WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.classid = $4::bigint::oid
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS o ON o.shard = s.shard
ORDER BY s.shard`,
    values,
  );
  return rows;
}

/** Exact heads of a source that lies elsewhere; none where it does not, for the database knows them. */
export async function endsOf({ sourceLog }: ConsumerPlace): Promise<Heads> {
  const ends = (await sourceLog?.ends()) ?? [];
  return new Map(ends.map(({ shard, position }) => [shard, position]));
}

const TOLD_HEADS = 'unnest($5::int2[], $6::int8[]) AS h (shard, position) ON h.shard = s.shard';

const headsIn = (schema: string): string => `LATERAL (
  SELECT position FROM ${schema}.events AS e WHERE e.shard = s.shard ORDER BY e.shard DESC, position DESC LIMIT 1
) AS h ON true`;

export interface CatchUpProgress extends ParkingPlace {
  /** Events still to be applied of those that were to be waited for. */
  readonly remaining: number;
  readonly total: number;
}

/** How long whoever waits for others puts up with no progress at all. */
export const STALLED_MS = 60_000;

export interface CatchUpOptions {
  readonly onProgress?: (progress: CatchUpProgress) => void;
  readonly signal?: AbortSignal;
  /** Gives up when no checkpoint has moved for so long although some are behind. @default STALLED_MS */
  readonly stalledMs?: number;
  /** Asked at each look, by a process that runs consumers itself: a reason (a stopped shard) ends the waiting at once. */
  readonly trouble?: () => string | null;
  readonly pacing?: Pacing;
}

/** Thrown when consumers make no progress: nobody runs them, or a shard has stopped. */
export class StalledError extends Error {
  override name = 'StalledError';
}

const SOONEST_MS = 5;
const LATEST_MS = 200;

/**
 * Waits until each consumer has applied what its source held when its turn came. Consumers are taken in the order given: in the
 * order of the flow, so that what one writes is waited for in the next. Works from any process; whoever owns the shards does the work.
 * Rejects with StalledError naming the shards behind, or with the signal's reason.
 */
export async function waitUntilCaughtUp(
  pool: Pool,
  consumers: readonly ConsumerPlace[],
  options: CatchUpOptions = {},
): Promise<void> {
  for (const place of consumers) await caughtUp(pool, place, options);
}

async function caughtUp(pool: Pool, place: ConsumerPlace, options: CatchUpOptions): Promise<void> {
  const { onProgress, signal = new AbortController().signal, stalledMs = STALLED_MS, pacing = realPacing } = options;
  const { schema, consumer, source } = place;
  const heads = await endsOf(place);
  const start = await consumerStatus(pool, place, heads);
  const total = start.reduce((sum, { lag }) => sum + lag, 0);
  let left = Infinity;
  let movedAt = pacing.now();
  for (let pause = SOONEST_MS; ; pause = Math.min(pause * 1.5, LATEST_MS)) {
    signal.throwIfAborted();
    const trouble = options.trouble?.() ?? null;
    if (trouble !== null) throw new StalledError(trouble);
    const at = await checkpoints(pool, place);
    const behind = start.filter(({ shard, head }) => (at.get(shard) ?? 0) < head);
    const remaining = behind.reduce((sum, { shard, head }) => sum + head - (at.get(shard) ?? 0), 0);
    onProgress?.({ schema, consumer, source, remaining, total });
    if (remaining === 0) return;
    if (remaining < left) {
      left = remaining;
      movedAt = pacing.now();
    } else if (pacing.now() - movedAt > stalledMs) {
      const now = await consumerStatus(pool, place, heads);
      const shards = behind.map(
        ({ shard }) =>
          `${shard} (${now[shard]?.owner === null ? 'nobody reads it' : `read by ${now[shard]?.owner}`}, ${now[shard]?.lag} behind)`,
      );
      throw new StalledError(
        `${consumer} has not moved on in ${source} for ${Math.round(stalledMs / 1000)} s, shards ${shards.join(', ')}`,
      );
    }
    await pacing.pause(pause, signal);
  }
}

async function checkpoints(pool: Pool, { schema, consumer, source }: ParkingPlace): Promise<Map<number, number>> {
  const { rows } = await pool.query<{ shard: number; position: number }>({
    name: `checkpoints_${schema}`,
    text: `SELECT shard, position FROM ${schema}.checkpoints WHERE consumer = $1 AND source = $2`,
    values: [consumer, source],
  });
  return new Map(rows.map(({ shard, position }) => [shard, position]));
}
