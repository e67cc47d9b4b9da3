import { setImmediate } from 'node:timers/promises';
import { fire, textArray, type Shot, type Statement } from '@loyalty/database';
import {
  faultOf,
  moveCheckpoints,
  readCheckpoint,
  type Checkpoint,
  type EffectBatch,
  type Effects,
  type ParkingPlace,
} from '@loyalty/event-log';
import { CheckpointMovedError } from '@loyalty/event-store';
import type { StoredEvent } from '@loyalty/kernel';
import type { Pool, PoolClient } from 'pg';
import type { ReadModelDefinition } from './read-model.ts';
import { BATCH, batchValues, reachedRange, statementOf } from './statement.ts';
import type { Turns } from './turns.ts';

/** Events in one transaction, unless one batch alone has more. */
const MOST_EVENTS = 2_000;

const BEGIN = { statement: { name: 'projections_begin', text: 'BEGIN' }, values: [] };
/** A crash of the server may take back the last moments, checkpoints and rows alike; they are then applied again. */
const UNSYNCED = {
  statement: { name: 'projections_unsynced', text: 'SET LOCAL synchronous_commit = off' },
  values: [],
};
const COMMIT = { statement: { name: 'projections_commit', text: 'COMMIT' }, values: [] };

interface Waiting {
  readonly batch: EffectBatch;
  resolve(at: Checkpoint): void;
  reject(reason: unknown): void;
}

interface ModelStatement {
  readonly events: ReadonlySet<string>;
  readonly types: readonly string[];
  readonly statement: Statement;
}

/**
 * Applies a source's events to its read models. Whatever batches wait when it is its turn, of whichever shards, go into one transaction of
 * two round trips: with few events a shard, one transaction for each was most of what a purchase cost the database.
 */
export class Projections implements Effects {
  private readonly models: readonly ModelStatement[];
  private readonly pool: Pool;
  private readonly place: ParkingPlace;
  private readonly table: string | null;
  private readonly turns: Turns;
  private waiting: Waiting[] = [];

  /** @param table the source's events, where the database can read them itself: then nothing but positions travels */
  constructor(
    pool: Pool,
    place: ParkingPlace,
    models: readonly ReadModelDefinition[],
    table: string | null,
    turns: Turns,
  ) {
    this.pool = pool;
    this.place = place;
    this.table = table;
    this.turns = turns;
    const events = table === null ? BATCH : reachedRange(table);
    this.models = models.map((model) => ({
      events: new Set(model.events),
      types: model.events,
      statement: {
        name: `project_${place.schema}_${model.name}`,
        text: statementOf(model, events, `${place.schema}.${model.name}`),
      },
    }));
  }

  checkpoint(shard: number): Promise<Checkpoint> {
    return readCheckpoint(this.pool, { ...this.place, shard });
  }

  apply(batch: EffectBatch): Promise<Checkpoint> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, resolve, reject });
      // One turn for each, so that nobody is left waiting; who was served in another's finds nothing to do.
      void this.turns.take(() => this.round());
    });
  }

  private async round(): Promise<void> {
    // Shards that were read together are applied together, also by the first of them to come.
    await setImmediate();
    const together = this.next();
    if (together.length === 0) return;
    try {
      await this.write(together.map(({ batch }) => batch));
      for (const { batch, resolve } of together) resolve(endOf(batch));
    } catch (error) {
      if (together.length === 1 || faultOf(error) === 'transient') for (const { reject } of together) reject(error);
      else await this.oneByOne(together);
    }
  }

  /** Only the shard at fault is to stop. */
  private async oneByOne(waiting: readonly Waiting[]): Promise<void> {
    for (const { batch, resolve, reject } of waiting) {
      try {
        await this.write([batch]);
        resolve(endOf(batch));
      } catch (error) {
        reject(error);
      }
    }
  }

  private next(): readonly Waiting[] {
    let events = 0;
    const full = this.waiting.findIndex(({ batch }) => (events += batch.events.length) > MOST_EVENTS);
    const count = full < 0 ? this.waiting.length : Math.max(1, full);
    const taken = this.waiting.slice(0, count);
    this.waiting = this.waiting.slice(count);
    return taken.sort((a, b) => a.batch.shard - b.batch.shard);
  }

  private async write(batches: readonly EffectBatch[]): Promise<void> {
    const moves = batches.map((batch) => ({ shard: batch.shard, from: batch.from.position, to: endOf(batch) }));
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      const moved = await fire(client, [BEGIN, UNSYNCED, moveCheckpoints(this.place, moves)]);
      if (moved !== `SELECT ${batches.length}`) throw await this.movedElsewhere(client, batches);
      const done = await fire(client, [...this.shots(batches), COMMIT]);
      // An aborted transaction answers COMMIT with ROLLBACK, without an error.
      if (done !== 'COMMIT') throw new Error(`COMMIT was answered with ${done}`);
    } catch (error) {
      await client.query('ROLLBACK').catch((lost: Error) => (broken = lost));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  private shots(batches: readonly EffectBatch[]): Shot[] {
    const { table } = this;
    return this.models.flatMap(({ events: wanted, types, statement }): Shot[] => {
      const matching = batches
        .map((batch) => ({ batch, events: batch.events.filter(({ type }) => wanted.has(type)) }))
        .filter(({ events }) => events.length > 0);
      if (matching.length === 0) return [];
      if (table === null) return [{ statement, values: batchValues(matching.flatMap(({ events }) => events)) }];
      // Of one shard each: over several the planner could not leave out the partitions of the others beforehand.
      return matching.map(({ batch: { shard, from, events } }) => ({
        statement,
        values: [`${shard}`, `${from.position}`, `${lastOf(events).position}`, textArray(types)],
      }));
    });
  }

  /** Seen by nobody where there are several: they are tried again one by one. */
  private async movedElsewhere(tx: PoolClient, batches: readonly EffectBatch[]): Promise<CheckpointMovedError> {
    const { consumer, source } = this.place;
    const { shard, from } = batches[0] as EffectBatch;
    const { position } = await readCheckpoint(tx, { ...this.place, shard });
    const message = `${consumer} is at position ${position} of ${source}, shard ${shard}, not at ${from.position}`;
    return new CheckpointMovedError(message, position);
  }
}

const lastOf = (events: readonly StoredEvent[]): StoredEvent => events[events.length - 1] as StoredEvent;

function endOf({ events }: EffectBatch): Checkpoint {
  const { position, hash } = lastOf(events);
  return { position, hash };
}
