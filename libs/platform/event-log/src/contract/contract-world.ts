import { moveCheckpoint } from '../parking.ts';
import { transaction } from '@loyalty/database';
import { PoisonError, type SourceBatch, type SourceWork } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { ReactingWriter } from '../reactor.ts';
import type { EventLogTransport } from '../transport.ts';

/** What a transport brings along to be held to the contract. */
export interface ContractWorld {
  /** The consumers' database. `consumer` is a free schema in it. */
  readonly pool: Pool;
  /** Makes an empty source. */
  source(name: string, shards: number): Promise<void>;
  /** Puts events where the transport finds them, in this order, as they are: also gaps, also (where it can) duplicates. */
  deliver(source: string, events: readonly StoredEvent[]): Promise<void>;
  /** A process of its own, reading at most `batchEvents` at a time. `die` is a kill -9 as others see it. */
  process(batchEvents: number): Promise<ContractProcess>;
  close(): Promise<void>;
}

export interface ContractProcess {
  readonly transport: EventLogTransport;
  die(): Promise<void>;
  close(): Promise<void>;
}

/** Events of a shard, from `first` on, each of the next of some members in turn. */
export function events(source: string, shard: number, first: number, count: number, members = 5): StoredEvent[] {
  return Array.from({ length: count }, (_, i) => {
    const position = first + i;
    const hash = createHash('sha256').update(`${source} ${shard} ${position}`).digest('hex');
    return {
      shard,
      position,
      id: `${hash.slice(0, 8)}-0000-7000-8000-${hash.slice(8, 20)}`,
      source,
      type: position % 3 === 0 ? 'thing.ended.v1' : 'thing.begun.v1',
      subject: `m${shard}.${position % members}`,
      time: 1_700_000_000_000 + position,
      recorded: 1_700_000_000_000_000 + position,
      correlation: null,
      causation: null,
      trace: null,
      data: JSON.stringify({ shard, position }),
      hash,
    };
  });
}

/** What others see of a dead process: the connections that bear its pool's name are gone, and no new ones come. */
export async function cutOff(pool: Pool, admin: Pool, name: string): Promise<void> {
  pool.connect = refuse as typeof pool.connect;
  await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [name]);
}

/** The pool's own `query` asks with a callback, everybody else for a promise. */
function refuse(told?: (error: Error) => void): Promise<never> | void {
  const error = new Error('Connection terminated');
  return told ? told(error) : Promise.reject(error);
}

/** What a unit of work does in the suite: it is written down. */
export interface Noted {
  readonly shard: number;
  readonly position: number;
}

export const CONSUMER_TABLES = `
CREATE SCHEMA consumer;
CREATE TABLE consumer.checkpoints (consumer text, source text, shard smallint, position bigint NOT NULL, hash bytea NOT NULL, PRIMARY KEY (consumer, source, shard));
CREATE TABLE consumer.parked (consumer text, source text, shard smallint, position bigint, subject text NOT NULL, event text NOT NULL, reason text NOT NULL,
  attempts integer NOT NULL, parked_at timestamptz NOT NULL, PRIMARY KEY (consumer, source, shard, position));
CREATE TABLE consumer.effects (n bigint GENERATED ALWAYS AS IDENTITY, source text, shard smallint, position bigint, subject text, process text);
CREATE TABLE consumer.answered (key text PRIMARY KEY);`;

export interface NotingHooks {
  /** Asked before each batch is applied. May wait, or throw as an unreachable database does. */
  readonly before?: (batch: SourceBatch<Noted>) => Promise<void> | void;
  /** Asked for each work. What it throws is the work's own fault. */
  readonly decide?: (work: SourceWork<Noted>) => void;
  /** Kills the transaction's connection when everything is written but the commit. */
  readonly dieBeforeCommit?: () => boolean;
  /** Loses the answer after the commit. */
  readonly loseAnswer?: () => boolean;
}

/** A writer in miniature: effects and checkpoint in one transaction, faults on demand. */
export class NotingWriter implements ReactingWriter<Noted> {
  /** Shards in which two batches were under way at once. Must stay empty. */
  readonly overlaps: number[] = [];
  static readonly inside = new Map<string, number>();

  private readonly pool: Pool;
  private readonly process: string;
  private readonly hooks: NotingHooks;

  constructor(pool: Pool, process: string, hooks: NotingHooks = {}) {
    this.pool = pool;
    this.process = process;
    this.hooks = hooks;
  }

  async react(batch: SourceBatch<Noted>): Promise<void> {
    const key = `${batch.consumer} ${batch.source} ${batch.shard}`;
    const inside = (NotingWriter.inside.get(key) ?? 0) + 1;
    NotingWriter.inside.set(key, inside);
    if (inside > 1) this.overlaps.push(batch.shard);
    try {
      await this.hooks.before?.(batch);
      const bad = this.firstBad(batch.work);
      if (bad === null) return await this.apply(batch);
      const good = batch.work.slice(0, bad.index);
      const last = good[good.length - 1];
      if (last) await this.apply({ ...batch, work: good, to: last.position, hash: last.hash });
      throw new PoisonError((batch.work[bad.index] as SourceWork<Noted>).position, bad.error);
    } finally {
      NotingWriter.inside.set(key, (NotingWriter.inside.get(key) ?? 1) - 1);
    }
  }

  /** For parked events: keyed, so that it happens once. */
  async execute(work: {
    readonly subject: string;
    readonly input: Noted;
    readonly key?: { readonly namespace: string; readonly key: string };
  }) {
    this.hooks.decide?.(work as SourceWork<Noted>);
    const key = `${work.key?.namespace} ${work.key?.key}`;
    await transaction(this.pool, async (tx) => {
      const { rowCount } = await tx.query('INSERT INTO consumer.answered VALUES ($1) ON CONFLICT DO NOTHING', [key]);
      if (rowCount === 0) return;
      await tx.query(
        'INSERT INTO consumer.effects (source, shard, position, subject, process) VALUES ($1, $2, $3, $4, $5)',
        [work.key?.namespace.split('/')[1], work.input.shard, work.input.position, work.subject, this.process],
      );
    });
    return { kind: 'accepted' as const, answer: null, position: null, replayed: false };
  }

  private firstBad(work: readonly SourceWork<Noted>[]): { index: number; error: unknown } | null {
    for (const [index, each] of work.entries()) {
      try {
        this.hooks.decide?.(each);
      } catch (error) {
        return { index, error };
      }
    }
    return null;
  }

  private async apply({ consumer, source, shard, from, to, hash, work }: SourceBatch<Noted>): Promise<void> {
    await transaction(this.pool, async (tx) => {
      await moveCheckpoint(tx, { schema: 'consumer', consumer, source, shard }, from, { position: to, hash });
      await tx.query(
        `INSERT INTO consumer.effects (source, shard, position, subject, process)
SELECT $1, $2, position, subject, $3 FROM unnest($4::bigint[], $5::text[]) AS t (position, subject)`,
        [source, shard, this.process, work.map(({ position }) => position), work.map(({ subject }) => subject)],
      );
      if (this.hooks.dieBeforeCommit?.()) await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
    });
    if (this.hooks.loseAnswer?.()) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  }
}
