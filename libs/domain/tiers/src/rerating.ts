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

/**
 * Rates members again after a publication, shard by shard, and notes how far it came: whoever starts next goes on from there.
 * A member on whom nothing changes costs a read. New facts of members not yet reached rate them on the way.
 */
export class Rerating {
  private running: Promise<void> | null = null;
  private again = false;
  private stopped = false;

  constructor(
    private readonly pool: Pool,
    private readonly writer: TiersWriter,
    private readonly schema = TIERS_SCHEMA,
  ) {}

  /** Resolves when nothing is pending. Called while it runs, it goes round once more. */
  run(): Promise<void> {
    this.again = true;
    this.running ??= this.rounds().finally(() => (this.running = null));
    return this.running;
  }

  /** Stops after the batch under way; what is left stays pending. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running?.catch(() => undefined);
  }

  private async rounds(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      for (const pending of await pendingReratings(this.pool, this.schema)) await this.shard(pending);
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
