import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Database } from '@loyalty/database';
import {
  EmbeddedEventLog,
  EventLogStrategy,
  waitUntilCaughtUp,
  type CatchUpOptions,
  type ConsumerPlace,
  type ReactingWriter,
} from '@loyalty/event-log';
import { readLog, type Writer } from '@loyalty/event-store';
import type { Logger } from 'pino';
import { ApiKeys } from './api-keys.ts';
import { addConsumerChecks } from './consumer-readiness.ts';
import type { Environment } from './environment.ts';
import { createHttpApp } from './http-app.ts';
import { installService } from './install-service.ts';
import { openProcessDatabase } from './process-database.ts';
import type { ReactorRoute, ServicePart } from './service-part.ts';

export interface RuntimeOptions {
  readonly environment: Environment;
  readonly logger: Logger;
  /** Heads the API's description and names the process in the database. */
  readonly title: string;
  /** In the order of the flow: sources before those who read them. */
  readonly parts: readonly ServicePart[];
}

/** Services of one process, wired: writers, consumers, HTTP. Whoever made it closes it. */
export interface Runtime {
  readonly app: NestExpressApplication;
  readonly database: Database;
  readonly keys: ApiKeys;
  readonly parts: readonly ServicePart[];
  /** Every consumer of this process, in the order of the flow. */
  readonly consumers: readonly ConsumerPlace[];
  readonly strategies: readonly { readonly route: ReactorRoute; readonly strategy: EventLogStrategy<unknown> }[];
  /** A part's writer. */
  writer<Input, Answer>(service: string): Writer<Input, Answer>;
  /** Starts following; no HTTP. */
  start(): Promise<void>;
  /** Resolves when all consumers have applied what their sources held when this was called, whichever process runs them. */
  caughtUp(options?: CatchUpOptions): Promise<void>;
  /** Stops accepting, drains writers and consumers, closes the pool, lets go of the embedded database: in this order. */
  close(): Promise<void>;
}

export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const database = await openProcessDatabase(options.environment, options.title);
  try {
    return await compose(options, database);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function compose({ environment, logger, title, parts }: RuntimeOptions, database: Database): Promise<Runtime> {
  const { pool } = database;
  const keys = new ApiKeys(pool);
  await keys.install();
  for (const { definition } of parts) await installService(pool, definition, environment.LOG_SHARDS);
  const app = await createHttpApp({
    environment,
    logger,
    title,
    database,
    keys,
    modules: parts.map((part) => part.module),
  });
  const schemas = new Map(parts.map(({ definition }) => [definition.service, definition.schema]));
  const schemaOf = (source: string): string => schemas.get(source) ?? source;
  const transport = new EmbeddedEventLog({ pool, schemaOf });
  const consumers: ConsumerPlace[] = [];
  const strategies: { route: ReactorRoute; strategy: EventLogStrategy<unknown> }[] = [];
  for (const part of parts) {
    const { service, schema } = part.definition;
    const writer =
      part.writer === undefined ? undefined : app.get<Writer<unknown, unknown>>(part.writer, { strict: false });
    writer?.onCommitted(() => transport.committed(service));
    for (const route of part.reactors) {
      if (!writer) throw new TypeError(`${service} has reactors but no writer`);
      const { consumer, source } = route;
      const { shards } = await readLog(pool, schemaOf(source));
      consumers.push({ schema, consumer, source, sourceSchema: schemaOf(source), shards });
      const strategy = new EventLogStrategy<unknown>({
        ...route,
        schema,
        shards,
        pool,
        transport,
        writer: writer as ReactingWriter<unknown>,
        onHealth: (health) => health.state === 'stopped' && logger.error(health, 'a consumer has stopped'),
        onParked: ({ id, position, shard }, reason) =>
          logger.error({ consumer, source, shard, position, id, reason }, 'an event was parked'),
      });
      strategies.push({ route, strategy });
      app.connectMicroservice({ strategy }, { inheritAppConfig: true });
    }
  }
  addConsumerChecks(app, pool, consumers, strategies);
  return {
    app,
    database,
    keys,
    parts,
    consumers,
    strategies,
    writer: (service) => {
      const part = parts.find(({ definition }) => definition.service === service);
      if (part?.writer === undefined) throw new TypeError(`no service ${service} with a writer in this process`);
      return app.get(part.writer, { strict: false });
    },
    start: async () => {
      await app.startAllMicroservices();
    },
    caughtUp: (catchUp) => waitUntilCaughtUp(pool, consumers, catchUp),
    close: async () => {
      await app.close();
      await transport.close();
      await database.close();
    },
  };
}
