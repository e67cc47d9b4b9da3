import {
  startConsumer,
  type Consumer,
  type EventLogTransport,
  type Pacing,
  type ShardHealth,
} from '@loyalty/event-log';
import type { Pool } from 'pg';
import { Projections } from './projections.ts';
import type { ReadModelDefinition } from './read-model.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { Turns } from './turns.ts';

export interface RunProjectionsOptions {
  readonly definition: Pick<ServiceDefinition, 'service' | 'schema' | 'readModels'>;
  readonly pool: Pool;
  readonly transport: EventLogTransport;
  /** Of every source. */
  readonly shards: number;
  /** Transactions under way at once over all sources: that many connections. @default 2 */
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
        patient: true,
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
