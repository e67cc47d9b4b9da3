import type { NestExpressApplication } from '@nestjs/platform-express';
import {
  EventLogStrategy,
  type Consumer,
  type ConsumerPlace,
  type EventLogTransport,
  type ReactingWriter,
  type ShardHealth,
} from '@loyalty/event-log';
import type { Writer } from '@loyalty/event-store';
import { runProjections } from '@loyalty/projections';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { ConsumerPlaces } from './consumer-places.ts';
import type { FollowedSource } from './consumer-readiness.ts';
import type { LogFollower, ReactorRoute, ServicePart } from './service-part.ts';

export interface FollowingOptions {
  readonly app: NestExpressApplication;
  readonly pool: Pool;
  readonly transport: EventLogTransport;
  readonly logger: Logger;
  readonly places: ConsumerPlaces;
}

export interface Reaction extends FollowedSource {
  readonly route: ReactorRoute;
  readonly strategy: EventLogStrategy<unknown>;
}

/** Connects a part's reactors to the logs they follow. They start with `app.startAllMicroservices()`. */
export async function connectReactors(part: ServicePart, options: FollowingOptions): Promise<Reaction[]> {
  const { app, pool, transport, logger, places } = options;
  const { service, schema } = part.definition;
  const reactions: Reaction[] = [];
  for (const route of part.reactors) {
    if (part.writer === undefined) throw new TypeError(`${service} has reactors but no writer`);
    const writer = app.get<Writer<unknown, unknown>>(part.writer, { strict: false }) as ReactingWriter<unknown>;
    const place = await places.find({ schema, consumer: route.consumer, source: route.source });
    const strategy = new EventLogStrategy<unknown>({
      ...route,
      schema,
      shards: place.shards,
      pool,
      transport,
      writer,
      onHealth: (health) => tellStopped(logger, health),
      onParked: ({ id, position, shard }, reason) =>
        logger.error({ ...place, shard, position, id, reason }, 'an event was parked'),
    });
    app.connectMicroservice({ strategy }, { inheritAppConfig: true });
    reactions.push({ route, strategy, place, running: () => strategy.consumer });
  }
  return reactions;
}

/** What follows logs until it is closed. */
export interface Following {
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface Projecting extends Following {
  readonly followed: readonly FollowedSource[];
}

/** A part's asynchronous read models, one consumer a source. */
export async function connectProjections(part: ServicePart, options: FollowingOptions): Promise<Projecting> {
  const { pool, transport, logger } = options;
  const { definition } = part;
  const { service, schema } = definition;
  const sources = new Set(
    definition.readModels.flatMap(({ kind, source }) => (kind === 'asynchronous' ? [source] : [])),
  );
  const places: ConsumerPlace[] = [];
  for (const source of sources) places.push(await options.places.find({ schema, consumer: service, source }));
  const consumers: Consumer[] = [];
  return {
    followed: places.map((place) => ({
      place,
      running: () => consumers.find(({ source }) => source === place.source) ?? null,
    })),
    async start() {
      const shards = places[0]?.shards;
      if (shards === undefined) return;
      const onHealth = (health: ShardHealth): void => tellStopped(logger, health);
      consumers.push(...(await runProjections({ definition, pool, transport, shards, onHealth })));
    },
    close: async () => void (await Promise.all(consumers.map((consumer) => consumer.close()))),
  };
}

/** A part's own follower; null where it has none. */
export async function connectFollower(
  { definition, follower }: ServicePart,
  options: FollowingOptions,
): Promise<Following | null> {
  if (follower === undefined) return null;
  const { service, schema } = definition;
  const follows = options.app.get<LogFollower>(follower, { strict: false });
  const places: ConsumerPlace[] = [];
  for (const source of follows.sources) places.push(await options.places.find({ schema, consumer: service, source }));
  return { start: () => follows.start(options.transport, places), close: () => follows.close() };
}

function tellStopped(logger: Logger, health: ShardHealth): void {
  if (health.state === 'stopped') logger.error(health, 'a consumer has stopped');
}
