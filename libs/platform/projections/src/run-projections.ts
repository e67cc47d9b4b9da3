import { transaction } from '@loyalty/database';
import {
  moveCheckpoint,
  readCheckpoint,
  startConsumer,
  type Checkpoint,
  type Consumer,
  type EffectBatch,
  type Effects,
  type EventLogTransport,
  type Pacing,
  type ShardHealth,
  type ShardPlace,
} from '@loyalty/event-log';
import type { StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';
import type { ReadModelDefinition } from './read-model.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { BATCH, batchValues, reachedRange, statementOf } from './statement.ts';

export interface RunProjectionsOptions {
  readonly definition: Pick<ServiceDefinition, 'service' | 'schema' | 'readModels'>;
  readonly pool: Pool;
  readonly transport: EventLogTransport;
  /** Of every source. */
  readonly shards: number;
  /** Batches applied at once over all sources and shards: that many connections. @default 2 */
  readonly parallel?: number;
  readonly pacing?: Pacing;
  readonly onHealth?: (health: ShardHealth) => void;
}

/**
 * Keeps a service's asynchronous read models up: one consumer a source, named like the service, whose models move together with
 * one checkpoint. A model whose statement fails stops its source's shard: the fault is ours, and skipping would make it lie.
 */
export async function runProjections(options: RunProjectionsOptions): Promise<Consumer[]> {
  const { definition, pool, transport, shards, parallel = 2, pacing, onHealth } = options;
  const turns = new Turns(parallel);
  const consumers: Consumer[] = [];
  for (const [source, models] of asynchronousBySource(definition.readModels)) {
    const table = transport.tableOf?.(source);
    const place = { schema: definition.schema, consumer: definition.service, source };
    consumers.push(
      await startConsumer({
        ...place,
        shards,
        transport,
        effects: new Projections(pool, place, models, table ?? null, turns),
        payload: table === undefined,
        ...(pacing && { pacing }),
        ...(onHealth && { onHealth }),
      }),
    );
  }
  return consumers;
}

function asynchronousBySource(models: readonly ReadModelDefinition[]): Map<string, ReadModelDefinition[]> {
  const bySource = new Map<string, ReadModelDefinition[]>();
  for (const model of models) {
    if (model.kind === 'asynchronous') bySource.set(model.source, [...(bySource.get(model.source) ?? []), model]);
  }
  return bySource;
}

class Projections implements Effects {
  private readonly statements: {
    readonly events: ReadonlySet<string>;
    readonly types: readonly string[];
    readonly name: string;
    readonly text: string;
  }[];

  private readonly pool: Pool;
  private readonly place: Omit<ShardPlace, 'shard'>;
  /** The source's events, where the database can read them itself: then nothing but positions travels. */
  private readonly table: string | null;
  private readonly turns: Turns;

  constructor(
    pool: Pool,
    place: Omit<ShardPlace, 'shard'>,
    models: readonly ReadModelDefinition[],
    table: string | null,
    turns: Turns,
  ) {
    this.pool = pool;
    this.place = place;
    this.table = table;
    this.turns = turns;
    const events = table === null ? BATCH : reachedRange(table);
    this.statements = models.map((model) => ({
      events: new Set(model.events),
      types: model.events,
      name: `project_${place.schema}_${model.name}`,
      text: statementOf(model, events, `${place.schema}.${model.name}`),
    }));
  }

  checkpoint(shard: number): Promise<Checkpoint> {
    return readCheckpoint(this.pool, { ...this.place, shard });
  }

  async apply({ shard, from, events }: EffectBatch): Promise<Checkpoint> {
    const { position, hash } = events[events.length - 1] as StoredEvent;
    await this.turns.take(() =>
      transaction(this.pool, async (tx) => {
        // A crash of the server may take back the last moments, checkpoint and rows alike; they are then applied again.
        await tx.query('SET LOCAL synchronous_commit = off');
        await moveCheckpoint(tx, { ...this.place, shard }, from.position, { position, hash });
        for (const { events: wanted, types, name, text } of this.statements) {
          const matching = events.filter(({ type }) => wanted.has(type));
          if (matching.length === 0) continue;
          const values = this.table === null ? batchValues(matching) : [shard, from.position, position, types];
          await tx.query({ name, text, values });
        }
      }),
    );
    return { position, hash };
  }
}

/** At most so many at once, first come first served. */
class Turns {
  private readonly waiting: (() => void)[] = [];

  private free: number;

  constructor(free: number) {
    this.free = free;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}
