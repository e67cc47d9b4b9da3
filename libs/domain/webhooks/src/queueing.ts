import { transaction } from '@loyalty/database';
import {
  moveCheckpoint,
  readCheckpoint,
  type Checkpoint,
  type EffectBatch,
  type Effects,
  type ShardPlace,
} from '@loyalty/event-log';
import { shardOf, type EpochMs, type StoredEvent } from '@loyalty/kernel';
import type { Pool, PoolClient } from 'pg';
import { cloudEvent } from './core/cloud-event.ts';
import { wantedTypes } from './core/event-types.ts';
import { enqueue, holdConfiguration, QUEUE, WAITING, type Place } from './enqueue.ts';
import { WEBHOOKS_SCHEMA as S } from './webhooks.ts';

/** Who reads the logs: heads the checkpoints. */
export const CONSUMER = 'webhooks';

/** Turns a log's events into deliveries that are due, in the transaction of the checkpoint: none is ever skipped. */
export class Queueing implements Effects {
  constructor(
    private readonly pool: Pool,
    private readonly source: string,
    private readonly shards: number,
    /** Whether what the events say is kept with them: their log lies in another database. */
    private readonly carry: boolean,
    private readonly now: () => EpochMs,
    /** Told after deliveries were queued. */
    private readonly onQueued: () => void,
  ) {}

  checkpoint(shard: number): Promise<Checkpoint> {
    return readCheckpoint(this.pool, this.place(shard));
  }

  async apply({ shard, from, events }: EffectBatch): Promise<Checkpoint> {
    const { position, hash } = events[events.length - 1] as StoredEvent;
    const queued = await transaction(this.pool, async (tx) => {
      await holdConfiguration(tx);
      await moveCheckpoint(tx, this.place(shard), from.position, { position, hash });
      const own = events.filter((event) => isOwnCopy(event, this.shards));
      const places: Place[] = [];
      for (const { id, types, takes } of await this.webhooksThatAreUpToDate(tx, shard)) {
        const wanted = new Set(wantedTypes(types, this.source));
        const matching = own.filter(({ type }) => wanted.has(type));
        if (matching.length === 0) continue;
        const place = this.carry ? carriedPlaceOf : placeOf;
        if (takes) places.push(...matching.map((event) => place(id, event)));
        else await this.leaveBehind(tx, id, shard, from.position);
      }
      await enqueue(tx, places, this.now());
      return places.length;
    });
    if (queued > 0) this.onQueued();
    return { position, hash };
  }

  /** Those with a cursor get these events by it. `takes`: neither disabled nor with a full queue. */
  private async webhooksThatAreUpToDate(
    tx: PoolClient,
    shard: number,
  ): Promise<{ readonly id: string; readonly types: string[]; readonly takes: boolean }[]> {
    const { rows } = await tx.query<{ id: string; types: string[]; takes: boolean }>({
      name: 'webhooks-current',
      text: `SELECT id, types, disabled IS NULL AND ${WAITING} < ${QUEUE.full} AS takes FROM ${S}.webhooks AS w
WHERE NOT EXISTS (SELECT FROM ${S}.cursors AS c WHERE c.webhook = w.id AND c.source = $1 AND c.shard = $2) ORDER BY id`,
      values: [this.source, shard],
    });
    return rows;
  }

  private async leaveBehind(tx: PoolClient, webhook: string, shard: number, position: number): Promise<void> {
    await tx.query(`INSERT INTO ${S}.cursors (webhook, source, shard, position) VALUES ($1, $2, $3, $4)`, [
      webhook,
      this.source,
      shard,
      position,
    ]);
  }

  private place(shard: number): ShardPlace {
    return { schema: S, consumer: CONSUMER, source: this.source, shard };
  }
}

/** An event about no single member stands in every shard; the copy in its subject's own is sent. */
export function isOwnCopy({ subject, shard }: Pick<StoredEvent, 'subject' | 'shard'>, shards: number): boolean {
  return shardOf(subject, shards) === shard;
}

export function placeOf(
  webhook: string,
  { subject, source, shard, position }: Pick<StoredEvent, 'subject' | 'source' | 'shard' | 'position'>,
): Place {
  return { webhook, subject, source, shard, position };
}

/** With what is sent, as it is sent: without sealed fields. */
export function carriedPlaceOf(webhook: string, event: StoredEvent): Place {
  return { ...placeOf(webhook, event), message: cloudEvent(event) };
}
