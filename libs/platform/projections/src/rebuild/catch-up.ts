import { transaction } from '@loyalty/database';
import type { SourceLog } from '@loyalty/event-log';
import type { StoredEvent } from '@loyalty/kernel';
import type { Pool, PoolClient } from 'pg';
import { BATCH, batchValues, statementOf, writtenRange } from '../statement.ts';
import { distance, progress, standing, type Positions, type RebuildPlan } from './rebuild-plan.ts';

export interface CatchUpOptions {
  /** Positions in one statement, at most. */
  readonly rangeEvents: number;
  /** Shards filled at once, each by a connection. */
  readonly parallel: number;
  /** Told after each range: how many positions it covered. */
  readonly onRange: (events: number, remaining: number) => void;
  readonly signal: AbortSignal;
}

/** Shards rarely end at once; a few rounds bring the remainder down to what writers add during one. */
const ROUNDS = 10;

/** Fills the shadow table up to where the live one stands, or near to it while that moves on. Gives how many positions it applied. */
export async function catchUp(pool: Pool, plan: RebuildPlan, enough: number, options: CatchUpOptions): Promise<number> {
  let applied = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const from = new Map(await progress(pool, plan));
    const to = await standing(pool, plan, false);
    let remaining = distance(from, to);
    if (remaining <= enough) break;
    const queue = [...to.keys()].filter((shard) => (from.get(shard) ?? 0) < (to.get(shard) ?? 0));
    const fill = async () => {
      for (let shard = queue.shift(); shard !== undefined; shard = queue.shift()) {
        const end = to.get(shard) as number;
        for (let at = from.get(shard) ?? 0; at < end;) {
          options.signal.throwIfAborted();
          const upto = Math.min(end, at + options.rangeEvents);
          await transaction(pool, async (tx) => {
            await settings(tx);
            await applyRange(tx, plan, shard, at, upto);
          });
          applied += upto - at;
          remaining -= upto - at;
          options.onRange(upto - at, remaining);
          at = upto;
        }
      }
    };
    await Promise.all(Array.from({ length: options.parallel }, fill));
    // Fresh tables have no statistics; statements that look into {table} are planned by them.
    if (round === 0) await pool.query(`ANALYZE ${plan.shadow}`);
  }
  return applied;
}

/** Applies what lies between progress and `to`, in the given transaction. Gives how many positions that were. */
export async function applyTail(tx: PoolClient, plan: RebuildPlan, to: Positions): Promise<number> {
  return (await tail(tx, plan, to, false)).events;
}

/** The same, and gives the keys of the rows written; null where the statement is not a plain INSERT that could tell them. */
export async function applyTailTellingKeys(
  tx: PoolClient,
  plan: RebuildPlan,
  to: Positions,
): Promise<{ events: number; keys: string[][] | null }> {
  return tail(tx, plan, to, true);
}

async function tail(tx: PoolClient, plan: RebuildPlan, to: Positions, telling: boolean) {
  const tells = telling && isPlainInsert(plan.model.sql);
  const from = await progress(tx, plan);
  const keys: string[][] = plan.key.map(() => []);
  for (const [shard, upto] of to) {
    const after = from.get(shard) ?? 0;
    if (after > upto) {
      throw new Error(
        `${plan.live}: shard ${shard} was rebuilt to position ${after}, beyond the ${upto} of the live table`,
      );
    }
    if (after === upto) continue;
    const rows = await applyRange(tx, plan, shard, after, upto, tells);
    for (const row of rows) for (const [i, value] of row.entries()) keys[i]?.push(value);
  }
  return { events: distance(from, to), keys: tells ? keys : null };
}

/** One INSERT into the table, and it is what the statement is: RETURNING can be put behind it. */
function isPlainInsert(sql: string): boolean {
  const writes = sql.match(/\b(INSERT\s+INTO|UPDATE\s+(ONLY\s+)?\{table\}|DELETE\s+FROM|MERGE\s+INTO)/gi) ?? [];
  return writes.length === 1 && /^INSERT/i.test(writes[0]) && !/\bRETURNING\b/i.test(sql) && !/;\s*$/.test(sql);
}

/** Large aggregates in memory; nothing here must survive a crash by itself, because it is rebuilt from the log. */
export async function settings(tx: PoolClient): Promise<void> {
  await tx.query(`SET LOCAL work_mem = '128MB'; SET LOCAL synchronous_commit = off; SET LOCAL jit = off`);
}

async function applyRange(
  tx: PoolClient,
  { model, schema, shadow, events, key }: RebuildPlan,
  shard: number,
  after: number,
  upto: number,
  tells = false,
): Promise<string[][]> {
  // First of all: a range that a killed rebuild's connection is still busy with is waited for here, and then is not where we thought.
  const { rowCount } = await tx.query(
    `UPDATE ${schema}.rebuilds SET position = $4 WHERE read_model = $1 AND shard = $2 AND position = $3`,
    [model.name, shard, after, upto],
  );
  if (rowCount !== 1) {
    throw new RebuildMovedError(`the rebuild of ${model.name} is no longer at position ${after} of shard ${shard}`);
  }
  const returning = tells ? ` RETURNING ${key.map(({ name }) => `${name}::text`).join(', ')}` : '';
  const apply = async (relation: string, values: unknown[]): Promise<string[][]> => {
    const text = statementOf(model, relation, shadow) + returning;
    return (await tx.query<string[]>({ text, values, rowMode: 'array' })).rows;
  };
  if (typeof events === 'string') {
    const rows = await apply(writtenRange(events, shard, after, upto, model.events), []);
    return tells ? rows : [];
  }
  const told: string[][] = [];
  for await (const batch of batchesOf(events, { shard, after, upto, types: new Set(model.events) })) {
    const rows = await apply(BATCH, batchValues(batch));
    if (tells) told.push(...rows);
  }
  return told;
}

const MOST_EVENTS = 5_000;

interface FarRange {
  readonly shard: number;
  readonly after: number;
  readonly upto: number;
  readonly types: ReadonlySet<string>;
}

/** What the live table was given as it came, given once more. Rejects when the log does not reach that far: it is being filled again. */
async function* batchesOf(
  log: SourceLog,
  { shard, after, upto, types }: FarRange,
): AsyncGenerator<readonly StoredEvent[]> {
  for (let at = after; at < upto;) {
    const { events, reached } = await log.read({ shard, after: at, positions: upto - at, events: MOST_EVENTS, types });
    if (reached === at) throw new Error(`the log ends at position ${at} of shard ${shard}, and ${upto} was applied`);
    if (events.length > 0) yield events;
    at = reached;
  }
}

/** Thrown when somebody else moved the same rebuild on. Start again: it continues. */
export class RebuildMovedError extends Error {
  override name = 'RebuildMovedError';
}
