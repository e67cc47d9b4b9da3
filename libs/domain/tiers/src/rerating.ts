import { Logger } from '@nestjs/common';
import { backOffMs, realPacing, reasonOf, type Pacing } from '@loyalty/event-log';
import type { Pool } from 'pg';
import { isMember, membersAfter } from './members-of-log.ts';
import { rerateWork } from './tiers-work.ts';
import { TIERS_SCHEMA } from './names.ts';
import type { TiersWriter } from './tiers-writer.ts';

/** A shard whose members have not all been rated again since the last publication. */
export interface PendingRerating {
  readonly shard: number;
  /** Position of the publication in the shard. */
  readonly target: number;
  /** The last member done for it; empty = none yet. */
  readonly member: string;
}

const MEMBERS = 200;
const FIRST_RETRY_MS = 1_000;
const MOST_RETRY_MS = 60_000;

/** Shards still to be gone through. While there are any, ratings and tiers may not yet be what the programs say. */
export async function pendingReratings(pool: Pool, schema = TIERS_SCHEMA): Promise<PendingRerating[]> {
  const { rows } = await pool.query<PendingRerating>(
    `SELECT p.shard, p.target, CASE WHEN r.target = p.target THEN coalesce(r.member, '') ELSE '' END AS member
     FROM (SELECT shard, max(position) AS target FROM ${schema}.programs GROUP BY shard) AS p
     LEFT JOIN ${schema}.reratings AS r USING (shard)
     WHERE coalesce(r.done, 0) < p.target
     ORDER BY p.shard`,
  );
  return rows;
}

export interface ReratingOptions {
  readonly schema?: string;
  readonly pacing?: Pacing;
  /** Told of failures, and of the end of them. */
  readonly logger?: Pick<Logger, 'log' | 'error'>;
}

/**
 * Rates members again after a publication, shard by shard, and notes how far it came: whoever starts next goes on from there.
 * A member on whom nothing changes costs a read. New facts of members not yet reached rate them on the way.
 */
export class Rerating {
  private running: Promise<void> | null = null;
  private background: Promise<void> | null = null;
  private again = false;
  private asked = 0;
  private failure: string | null = null;
  private readonly stopping = new AbortController();
  private readonly schema: string;
  private readonly pacing: Pacing;
  private readonly logger: Pick<Logger, 'log' | 'error'>;

  constructor(
    private readonly pool: Pool,
    private readonly writer: TiersWriter,
    { schema = TIERS_SCHEMA, pacing = realPacing, logger = new Logger('tiers rerating') }: ReratingOptions = {},
  ) {
    this.schema = schema;
    this.pacing = pacing;
    this.logger = logger;
  }

  /** Why the last run failed, for health; null when it did not. */
  get trouble(): string | null {
    return this.failure;
  }

  /** Resolves when nothing is pending, rejects with what prevents it. Called while it runs, it goes round once more. */
  run(): Promise<void> {
    this.again = true;
    this.running ??= this.rounds()
      .then(
        () => this.worked(),
        (error: unknown) => {
          if (!this.stopped) this.failure = reasonOf(error);
          throw error;
        },
      )
      .finally(() => (this.running = null));
    return this.running;
  }

  /** Runs without anybody waiting for it. A failure is logged and tried again, 1 s to 1 min later, until nothing is pending. */
  start(): void {
    this.asked++;
    this.background ??= this.persist();
  }

  /** Stops after the batch under way; what is left stays pending. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running?.catch(() => undefined);
    await this.background;
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private worked(): void {
    if (this.failure !== null && !this.stopped) this.logger.log('members are rated again as their programs say');
    this.failure = null;
  }

  private async persist(): Promise<void> {
    let done = 0;
    for (let attempt = 1; done < this.asked && !this.stopped; attempt++) {
      const asked = this.asked;
      try {
        await this.run();
        done = asked;
        attempt = 0;
      } catch (error) {
        if (this.stopped) break;
        const pause = backOffMs(attempt, this.pacing.random(), FIRST_RETRY_MS, MOST_RETRY_MS);
        const next = `tried again in ${(pause / 1000).toFixed(1)} s`;
        this.logger.error(`members are not rated again: ${reasonOf(error)}; attempt ${attempt}, ${next}`);
        await this.pacing.pause(pause, this.stopping.signal);
      }
    }
    this.background = null;
  }

  private async rounds(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      let failed: Error | undefined;
      // A shard that fails keeps no other waiting.
      for (const pending of await pendingReratings(this.pool, this.schema)) {
        await this.shard(pending).catch((error: unknown) => {
          failed ??= new Error(`shard ${pending.shard}: ${reasonOf(error)}`, { cause: error });
        });
      }
      if (failed) throw failed;
    }
  }

  private async shard({ shard, target, member }: PendingRerating): Promise<void> {
    for (let after = member; !this.stopped;) {
      const members = await membersAfter(this.pool, this.schema, shard, after, MEMBERS);
      const last = members.at(-1);
      if (last === undefined) return this.note(shard, target, null);
      const outcomes = await this.writer.executeMany(members.filter(isMember).map(rerateWork));
      for (const outcome of outcomes) if (outcome.kind === 'failed') throw outcome.error;
      await this.note(shard, target, last);
      after = last;
    }
  }

  /** `member` null: the shard is through. */
  private async note(shard: number, target: number, member: string | null): Promise<void> {
    await this.pool.query(
      `INSERT INTO ${this.schema}.reratings AS r (shard, done, target, member)
       VALUES ($1, CASE WHEN $3::text IS NULL THEN $2::bigint ELSE 0 END, $2, $3)
       ON CONFLICT (shard) DO UPDATE SET target = excluded.target, member = excluded.member,
         done = CASE WHEN excluded.member IS NULL THEN greatest(r.done, excluded.target) ELSE r.done END`,
      [shard, target, member],
    );
  }
}
