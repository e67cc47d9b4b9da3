import { int8Array, parseTimestamptz, timestamptzArray, timestamptzArrayFromMs, transaction } from '@loyalty/database';
import type { EpochMicros } from '@loyalty/kernel';
import { LRUCache } from 'lru-cache';
import type { Pool, PoolClient } from 'pg';
import type { PointsEvent } from '../core/event.ts';
import { evolve } from '../core/evolve.ts';
import { applyStepwise, STEP_BUCKETS, type WalletStep } from '../core/wallet-steps.ts';
import { type FullState, fullState } from '../core/wallet.ts';
import { shardOfMember } from '../member-lots.ts';
import { POINTS_SCHEMA as schema } from '../points-writer.ts';

/** Entries in memory at once. */
const PAGE = 5_000;
/** Folded members between two extensions, of all pools. */
const CACHE_BYTES = 32 * 2 ** 20;

/** Where a member's history was left. */
interface Folded {
  readonly state: FullState;
  readonly position: number;
}

interface NewStep extends WalletStep {
  readonly program: string;
  readonly recorded: EpochMicros;
}

const folds = new WeakMap<Pool, LRUCache<string, Folded>>();
/** By member: the extension under way, and the one that begins when it ends, for all who have asked meanwhile. */
interface Rounds {
  now: Promise<void>;
  next: Promise<void> | undefined;
}

const running = new WeakMap<Pool, Map<string, Rounds>>();

/**
 * Brings a member's chronicle up to the last entry recorded. Everything is read from the log, from the chronicle's own place on; what
 * was folded last time is kept in memory, so an extension by a few entries costs a few milliseconds however long the history.
 */
export function extendChronicle(pool: Pool, member: string): Promise<void> {
  let members = running.get(pool);
  if (!members) running.set(pool, (members = new Map()));
  const rounds = members.get(member);
  if (rounds === undefined) return begin(members, pool, member);
  // The one under way may have read the log already. What has not begun does for everybody: a popular member's tills would queue up.
  return (rounds.next ??= rounds.now.catch(() => undefined).then(() => begin(members, pool, member)));
}

function begin(members: Map<string, Rounds>, pool: Pool, member: string): Promise<void> {
  const now = extend(pool, member);
  const rounds: Rounds = { now, next: undefined };
  members.set(member, rounds);
  const end = (): void => {
    if (rounds.next === undefined) members.delete(member);
  };
  now.then(end, end);
  return now;
}

/** The same for every member whose history is kept, so that who asks finds little left to do. @param stop asked between members */
export async function extendChronicles(pool: Pool, stop: () => boolean): Promise<void> {
  const { rows } = await pool.query<{ member: string }>(
    `SELECT member FROM ${schema}.chronicles AS chronicle WHERE EXISTS (
       SELECT FROM ${schema}.wallets AS wallet
       WHERE wallet.member = chronicle.member AND wallet.recorded > chronicle.recorded AND NOT wallet.tangled)`,
  );
  for (const { member } of rows) {
    if (stop()) return;
    await extendChronicle(pool, member);
  }
}

async function extend(pool: Pool, member: string): Promise<void> {
  const shard = await shardOfMember(pool, member);
  let cache = folds.get(pool);
  if (!cache) folds.set(pool, (cache = new LRUCache({ maxSize: CACHE_BYTES })));
  const cached = cache.get(member);
  // What is taken out is changed while it is used: a failure must not leave it half way.
  cache.delete(member);
  const folded = await transaction(pool, async (tx) => {
    // Lost moments are written again.
    await tx.query('SET LOCAL synchronous_commit = off');
    const kept = await lock(tx, member, shard);
    const start = cached?.position === kept ? cached : { state: fullState(), position: 0 };
    return write(tx, { member, shard, kept }, start);
  });
  cache.set(member, folded, { size: Math.max(1, Math.ceil(folded.state.weight)) });
}

/** One process at a time extends a member. @returns the position it is kept up to */
async function lock(tx: PoolClient, member: string, shard: number): Promise<number> {
  const locked = async (): Promise<number | undefined> => {
    const { rows } = await tx.query<{ position: number }>({
      name: 'points chronicle',
      text: `SELECT position FROM ${schema}.chronicles WHERE member = $1 FOR UPDATE`,
      values: [member],
    });
    return rows[0]?.position;
  };
  const kept = await locked();
  if (kept !== undefined) return kept;
  await tx.query(`INSERT INTO ${schema}.chronicles VALUES ($1, $2, 0, '-infinity') ON CONFLICT DO NOTHING`, [
    member,
    shard,
  ]);
  return (await locked()) ?? 0;
}

interface Place {
  readonly member: string;
  readonly shard: number;
  readonly kept: number;
}

async function write(
  tx: PoolClient,
  { member, shard, kept }: Place,
  { state, position: from }: Folded,
): Promise<Folded> {
  const counts = new Map<string, number>();
  let position = from;
  for (;;) {
    const { rows } = await tx.query<{ position: number; type: string; time: string; recorded: string; data: string }>({
      name: 'points chronicle entries',
      text: `SELECT position, type, time, recorded, data FROM ${schema}.events
             WHERE shard = $1 AND subject = $2 AND position > $3 ORDER BY position LIMIT ${PAGE}`,
      values: [shard, member, position],
    });
    const steps: NewStep[] = [];
    for (const { position: at, type, time, recorded, data } of rows) {
      const found = stepsOf(state, { type, time: parseTimestamptz(time) / 1000, data });
      if (at <= kept) continue;
      for (const step of found) steps.push({ ...step, recorded: parseTimestamptz(recorded) });
    }
    for (const [program, more] of Map.groupBy(steps, (step) => step.program)) {
      await insert(tx, member, program, more, counts);
    }
    const last = rows.at(-1);
    if (last && last.position > kept) {
      await tx.query(`UPDATE ${schema}.chronicles SET position = $2, recorded = $3 WHERE member = $1`, [
        member,
        last.position,
        last.recorded,
      ]);
    }
    position = last?.position ?? position;
    if (rows.length < PAGE) return { state, position };
  }
}

function stepsOf(state: FullState, event: { type: string; time: number; data: string }): Omit<NewStep, 'recorded'>[] {
  const data = JSON.parse(event.data) as PointsEvent['data'];
  if (!Array.isArray(data.postings)) {
    evolve(state, event);
    return [];
  }
  const steps = applyStepwise(state, { ...event, data } as PointsEvent);
  return steps.map((step) => ({ ...step, program: data.program }));
}

const columns = STEP_BUCKETS.join(', ');

async function insert(
  tx: PoolClient,
  member: string,
  program: string,
  steps: readonly NewStep[],
  counts: Map<string, number>,
): Promise<void> {
  const count = counts.get(program) ?? (await countOf(tx, member, program));
  const total = count + steps.length;
  counts.set(program, total);
  await tx.query({
    name: 'points chronicle steps',
    text: `INSERT INTO ${schema}.wallet_steps (member, program, number, recorded, at, ${columns})
           SELECT $1, $2, * FROM unnest($3::int8[], $4::timestamptz[], $5::timestamptz[], ${STEP_BUCKETS.map((_, i) => `$${i + 6}::int8[]`).join(', ')})`,
    values: [
      member,
      program,
      int8Array(steps.map((_, i) => count + i + 1)),
      timestamptzArray(steps.map(({ recorded }) => recorded)),
      timestamptzArrayFromMs(steps.map(({ at }) => Math.max(at, EARLIEST))),
      ...STEP_BUCKETS.map((bucket) => int8Array(steps.map(({ change }) => change[bucket] ?? 0))),
    ],
  });
  // A run of a higher level is whole only where one of the lowest is: of most extensions, none.
  if (Math.floor(total / RUN) > Math.floor(count / RUN))
    await tx.query({ name: 'points chronicle sums', text: SUMS, values: [member, program, count, total] });
}

/** Of a return rated before its purchase; such a wallet is worked out from its entries. */
const EARLIEST = Date.UTC(1900, 0, 1);

async function countOf(tx: PoolClient, member: string, program: string): Promise<number> {
  const { rows } = await tx.query<{ number: number }>(
    `SELECT number FROM ${schema}.wallet_steps WHERE member = $1 AND program = $2 ORDER BY number DESC LIMIT 1`,
    [member, program],
  );
  return rows[0]?.number ?? 0;
}

/** Steps of a run of the lowest level. */
const RUN = 64;

/** The runs that are whole now, $4 steps, and were not at $3. The last of four is the next level's. */
const SUMS = `
  INSERT INTO ${schema}.wallet_step_sums (member, program, level, run, at, ${columns})
  SELECT $1, $2, level, run, at, ${STEP_BUCKETS.map((bucket) => `(sum(${bucket}) OVER own)::bigint`).join(', ')}
  FROM (
    SELECT level, run, s.at, ${STEP_BUCKETS.map((bucket) => `sum(s.${bucket}) AS ${bucket}`).join(', ')}
    FROM generate_series(0, 11) AS level
    CROSS JOIN LATERAL (SELECT ${RUN}::bigint << (2 * level) AS size) AS sized
    CROSS JOIN LATERAL generate_series($3::bigint / size, $4::bigint / size - 1) AS run
    JOIN ${schema}.wallet_steps AS s
      ON s.member = $1 AND s.program = $2 AND s.number > (run - run % 4) * size AND s.number <= (run + 1) * size
    WHERE run % 4 < 3
    GROUP BY level, run, s.at
  ) AS steps
  WINDOW own AS (PARTITION BY level, run ORDER BY at)`;
