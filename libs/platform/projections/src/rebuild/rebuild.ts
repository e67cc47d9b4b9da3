import { transaction } from '@loyalty/database';
import { backOffMs, realPacing, type Pacing, type SourceLog } from '@loyalty/event-log';
import { readFile } from 'node:fs/promises';
import type { Pool } from 'pg';
import type { ReadModelDefinition } from '../read-model.ts';
import type { ServiceDefinition } from '../service-definition.ts';
import { applyTail, applyTailTellingKeys, catchUp, settings, type CatchUpOptions } from './catch-up.ts';
import {
  compareAll,
  compareKeys,
  compareWritten,
  momentOf,
  type Comparison,
  type Difference,
  type Moment,
} from './compare.ts';
import { ensureCheckpoints, progress, standing, distance, type RebuildPlan } from './rebuild-plan.ts';
import { dropOld, dropShadow, fingerprintOf, finishShadow, keyOf, openShadow, swap } from './shadow-table.ts';

export interface RebuildOptions {
  readonly pool: Pool;
  readonly definition: Pick<ServiceDefinition, 'service' | 'schema' | 'views'>;
  readonly model: ReadModelDefinition;
  /** Schema of the log it reads. @default the source's name */
  readonly sourceSchema?: string;
  /** That log, where it lies in another database. */
  readonly sourceLog?: SourceLog;
  /** Shards of that log. */
  readonly shards: number;
  /** Swap although rows differ: the statement was changed, or the live table is known to be wrong. @default false */
  readonly accept?: boolean;
  /** Positions a statement covers, at most. @default 50_000 */
  readonly rangeEvents?: number;
  /** Shards filled at once. @default 2 */
  readonly parallel?: number;
  readonly onProgress?: (progress: RebuildProgress) => void;
  readonly signal?: AbortSignal;
  readonly pacing?: Pacing;
}

export interface RebuildProgress {
  readonly phase: 'filling' | 'indexing' | 'comparing' | 'swapping';
  /** Positions applied and in all, those of an interrupted run included. */
  readonly done: number;
  readonly total: number;
}

export interface RebuildResult {
  /** Positions applied by this run. */
  readonly events: number;
  readonly seconds: number;
  /** How long writers (or the runner) and readers of the table were held up, at most. */
  readonly pauseMs: number;
  readonly swapped: boolean;
  /** Went on where an interrupted run had stopped. */
  readonly continued: boolean;
  readonly different: number;
  /** The first 20. */
  readonly differences: readonly Difference[];
}

/** What may be left to apply when the tables are compared. */
const TAIL_EVENTS = 1_000;
const ATTEMPTS = 30;

/**
 * Builds a read model anew from its log beside the live one, under live writes, compares both at one position and puts the new one
 * in its place. A run that was killed goes on where it was. One at a time a model: a second one waits up to a minute, then rejects.
 */
export async function rebuild(options: RebuildOptions): Promise<RebuildResult> {
  const { pool, signal = new AbortController().signal } = options;
  const plan = await planOf(options);
  const guard = await pool.connect();
  let lost: Error | undefined;
  guard.on('error', (error) => (lost = error));
  try {
    await guard.query(`SET lock_timeout = '60s'`);
    await guard.query(`SELECT pg_advisory_lock(hashtext('loyalty rebuild'), hashtext($1))`, [plan.live]);
    return await new Rebuild(options, plan, signal).run();
  } finally {
    // Ends the connection and with it lock and settings.
    guard.release(lost ?? true);
  }
}

async function planOf({
  pool,
  definition,
  model,
  sourceSchema,
  sourceLog,
  shards,
}: RebuildOptions): Promise<RebuildPlan> {
  const { schema, service, views } = definition;
  return {
    model,
    schema,
    service,
    live: `${schema}.${model.name}`,
    shadow: `${schema}.${model.name}__rebuild`,
    events: sourceLog ?? `${model.kind === 'exact' ? schema : (sourceSchema ?? model.source)}.events`,
    shards,
    key: await keyOf(pool, `${schema}.${model.name}`),
    viewsSql: views === undefined ? null : (await readFile(views, 'utf8')).replaceAll('{schema}', schema),
  };
}

interface Compared {
  readonly comparison: Comparison;
  readonly moment: Moment;
}

class Rebuild {
  private readonly pool: Pool;
  private readonly pacing: Pacing;
  private readonly startedAt: number;
  private readonly filling: CatchUpOptions;
  private events = 0;
  private done = 0;
  private pauseMs = 0;

  private readonly options: RebuildOptions;
  private readonly plan: RebuildPlan;
  private readonly signal: AbortSignal;

  constructor(options: RebuildOptions, plan: RebuildPlan, signal: AbortSignal) {
    this.options = options;
    this.plan = plan;
    this.signal = signal;
    this.pool = options.pool;
    this.pacing = options.pacing ?? realPacing;
    this.startedAt = this.pacing.now();
    this.filling = {
      rangeEvents: options.rangeEvents ?? 50_000,
      parallel: options.parallel ?? 2,
      signal,
      onRange: (events, remaining) => {
        this.events += events;
        this.done += events;
        options.onProgress?.({ phase: 'filling', done: this.done, total: this.done + remaining });
      },
    };
  }

  async run(): Promise<RebuildResult> {
    const { pool, plan } = this;
    await ensureCheckpoints(pool, plan);
    await analyzeFreshLog(pool, plan);
    const { continued } = await openShadow(pool, plan, await fingerprintOf(pool, plan));
    this.done = distance(new Map(), await progress(pool, plan));
    await catchUp(pool, plan, TAIL_EVENTS, this.filling);
    this.tell('indexing');
    await finishShadow(pool, plan);
    await catchUp(pool, plan, TAIL_EVENTS, this.filling);
    this.tell('comparing');
    const { comparison, moment } = await this.compare(null);
    if (comparison.different > 0 && !this.options.accept) return this.giveUp(comparison, continued);
    const late = await this.swapIn(comparison.different === 0 ? moment : null);
    if (late !== null) return this.giveUp(late, continued);
    await dropOld(pool, plan);
    return this.result(true, continued, comparison);
  }

  /**
   * In one snapshot the live table belongs exactly to heads or checkpoints: the shadow is brought there and compared, nobody waits.
   * @param since when all was equal: only what came later is looked at
   */
  private compare(since: Moment | null): Promise<Compared> {
    return transaction(
      this.pool,
      async (tx) => {
        await settings(tx);
        const to = await standing(tx, this.plan, false);
        const moment = await momentOf(tx);
        this.events += await applyTail(tx, this.plan, to);
        const comparison =
          since === null ? await compareAll(tx, this.plan) : await compareWritten(tx, this.plan, since);
        return { moment, comparison };
      },
      'BEGIN ISOLATION LEVEL REPEATABLE READ',
    );
  }

  /** Gives the differences that kept it from swapping, or null. @param equalAt when all was equal; null = accepted as it is */
  private async swapIn(equalAt: Moment | null): Promise<Comparison | null> {
    let since = equalAt;
    for (let attempt = 1; ; attempt++) {
      this.signal.throwIfAborted();
      await catchUp(this.pool, this.plan, TAIL_EVENTS, this.filling);
      if (since !== null) {
        // While everything was compared, writers went on for seconds. What they wrote is compared before they are held.
        const { comparison, moment } = await this.compare(since);
        if (comparison.different > 0 && !this.options.accept) return comparison;
        since = comparison.different > 0 ? null : moment;
      }
      this.tell('swapping');
      try {
        return await this.swapOnce(since, attempt);
      } catch (error) {
        if (attempt === ATTEMPTS || !isLockTrouble(error)) throw error;
        await this.pacing.pause(backOffMs(attempt, this.pacing.random(), 50, 2_000), this.signal);
      }
    }
  }

  private async swapOnce(since: Moment | null, attempt: number): Promise<Comparison | null> {
    let heldAt = this.pacing.now();
    try {
      return await transaction(this.pool, async (tx) => {
        await settings(tx);
        // Longer by and by: an autovacuum of the table steps aside only for one who has waited a second.
        await tx.query(`SET LOCAL lock_timeout = '${Math.min(1_500, 100 * 2 ** (attempt - 1))}ms'`);
        heldAt = this.pacing.now();
        const to = await standing(tx, this.plan, true);
        const { events, keys } = await applyTailTellingKeys(tx, this.plan, to);
        this.events += events;
        if (since !== null && events > 0) {
          const late =
            keys === null ? await compareWritten(tx, this.plan, since) : await compareKeys(tx, this.plan, keys);
          if (late.different > 0 && !this.options.accept) return late;
        }
        await swap(tx, this.plan);
        return null;
      });
    } finally {
      this.pauseMs = Math.max(this.pauseMs, this.pacing.now() - heldAt);
    }
  }

  private async giveUp(comparison: Comparison, continued: boolean): Promise<RebuildResult> {
    await dropShadow(this.pool, this.plan);
    return this.result(false, continued, comparison);
  }

  private result(swapped: boolean, continued: boolean, { different, examples }: Comparison): RebuildResult {
    const seconds = (this.pacing.now() - this.startedAt) / 1000;
    return {
      events: this.events,
      seconds,
      pauseMs: Math.ceil(this.pauseMs),
      swapped,
      continued,
      different,
      differences: examples,
    };
  }

  private tell(phase: RebuildProgress['phase']): void {
    this.options.onProgress?.({ phase, done: this.done, total: this.done });
  }
}

/** Partitions that autovacuum has not come to yet have no statistics. A foreign log we may only read stays as it is. */
async function analyzeFreshLog(pool: Pool, { events }: RebuildPlan): Promise<void> {
  if (typeof events !== 'string') return;
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relid::regclass::text AS name FROM pg_partition_tree($1::regclass) JOIN pg_class ON oid = relid
WHERE isleaf AND reltuples < 0 AND pg_relation_size(relid) > 0 AND pg_has_role(relowner, 'USAGE')`,
    [events],
  );
  for (const { name } of rows) await pool.query(`ANALYZE ${name}`);
}

function isLockTrouble(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === '55P03' || code === '40P01';
}
