import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Database } from '@loyalty/database';
import { waitUntilCaughtUp, type CatchUpOptions, type ConsumerPlace } from '@loyalty/event-log';
import { BlockMaker, type Writer } from '@loyalty/event-store';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { ApiKeys } from './api-keys.ts';
import { ConsumerPlaces } from './consumer-places.ts';
import { addConsumerChecks, stoppedShards } from './consumer-readiness.ts';
import type { Environment } from './environment.ts';
import {
  connectFollower,
  connectProjections,
  connectReactors,
  type Following,
  type Projecting,
  type Reaction,
} from './follow.ts';
import { createHttpApp } from './http-app.ts';
import { installService } from './install-service.ts';
import { assertHere, partsHere } from './parts-here.ts';
import { openProcessDatabase } from './process-database.ts';
import { Readiness } from './readiness.ts';
import { ServiceLogs } from './service-logs.ts';
import type { ServicePart } from './service-part.ts';
import { addWriterChecks } from './writer-readiness.ts';

export interface RuntimeOptions {
  readonly environment: Environment;
  readonly logger: Logger;
  /** Heads the API's description and names the process in the database. */
  readonly title: string;
  /** In the order of the flow: sources before those who read them. */
  readonly parts: readonly ServicePart[];
  /**
   * For commands: leaves consumers to other processes where there are some, and takes only the parts that live in this database where
   * services have databases of their own; otherwise that rejects with PartAwayError. @default false
   */
  readonly guest?: boolean;
}

/** Services of one process, wired: writers, consumers, HTTP. Whoever made it closes it. */
export interface Runtime {
  readonly app: NestExpressApplication;
  readonly database: Database;
  readonly keys: ApiKeys;
  /** Of those asked for the ones that live in this database. */
  readonly parts: readonly ServicePart[];
  /** Every consumer of this process, in the order of the flow. */
  readonly consumers: readonly ConsumerPlace[];
  readonly reactions: readonly Reaction[];
  /** A part's writer. @throws {PartAwayError} when the service lives in another database */
  writer<Input, Answer, Global = unknown>(service: string): Writer<Input, Answer, Global>;
  /** Starts following; no HTTP. */
  start(): Promise<void>;
  /**
   * Resolves when all consumers have applied what their sources held when this was called, whichever process runs them.
   * Rejects with StalledError: at once when a shard has stopped in this process, else after a minute without progress.
   */
  caughtUp(options?: CatchUpOptions): Promise<void>;
  /** Stops accepting, drains writers and consumers, closes the pool, lets go of the embedded database: in this order. */
  close(): Promise<void>;
}

export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { environment, title } = options;
  const entities = options.parts.flatMap((part) => part.entities ?? []);
  const database = await openProcessDatabase(environment, { name: title, entities });
  // What was opened is closed in the opposite order, also when composing fails half-way: an open session would hold up the pool.
  const closing: (() => Promise<void>)[] = [() => database.close()];
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeAll(closing));
  try {
    return await compose(options, database, closing, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function closeAll(closing: (() => Promise<void>)[]): Promise<void> {
  for (let next = closing.pop(); next; next = closing.pop()) await next();
}

/** Those that live in this database, all of them unless it is a command that asks. Rejects with PartAwayError. */
async function partsOf({ environment, parts, guest = false }: RuntimeOptions, pool: Pool) {
  const here = await partsHere(pool, parts, guest && environment.EVENT_LOG === 'kafka');
  const wanted = parts.map(({ definition }) => definition.service);
  if (!guest) assertHere(here, wanted);
  return here;
}

async function compose(
  options: RuntimeOptions,
  database: Database,
  closing: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Runtime> {
  const { environment, logger, title, guest = false } = options;
  const { pool } = database;
  const parts = await partsOf(options, pool);
  const keys = new ApiKeys(pool);
  await keys.install();
  for (const { definition } of parts) await installService(pool, definition, environment.LOG_SHARDS);
  const schemas = new Map(parts.map(({ definition }) => [definition.service, definition.schema]));
  const logs = await ServiceLogs.open({ environment, pool, logger, title, schemas, guest });
  closing.push(() => logs.close());
  const places = new ConsumerPlaces({ pool, logger, logs });
  const modules = parts.map((part) => part.module);
  const app = await createHttpApp({ environment, logger, title, database, keys, modules });
  const projecting: Projecting[] = [];
  closing.push(async () => void (await Promise.all([app.close(), ...projecting.map((each) => each.close())])));
  const writer = writerOf(app, parts);
  const followers: Following[] = [];
  const reactions: Reaction[] = [];
  const makers: BlockMaker[] = [];
  for (const part of parts) {
    const { service } = part.definition;
    if (part.writer !== undefined) {
      const maker = blockMakerOf(part, pool, logger);
      makers.push(maker);
      closing.push(() => maker.close());
      writer(service).onCommitted((heads) => {
        logs.committed(service, heads);
        maker.committed(heads);
      });
    }
    const following = { app, pool, transport: logs.transportOf(part), logger, places };
    reactions.push(...(await connectReactors(part, following)));
    projecting.push(await connectProjections(part, following));
    const follower = await connectFollower(part, following);
    if (follower !== null) {
      followers.push(follower);
      closing.push(() => follower.close());
    }
  }
  const followed = [...reactions, ...projecting.flatMap((each) => each.followed)];
  const consumers = followed.map(({ place }) => place);
  addConsumerChecks(app.get(Readiness), pool, followed);
  addWriterChecks(app.get(Readiness), pool, parts);
  return {
    app,
    database,
    keys,
    parts,
    consumers,
    reactions,
    writer,
    async start() {
      // Modules first: the programs that come along are published before anything is rated.
      await app.init();
      await logs.start(parts, app.get(Readiness));
      await app.startAllMicroservices();
      for (const each of projecting) await each.start();
      for (const maker of makers) maker.start();
      for (const each of followers) await each.start();
    },
    caughtUp: (options) => waitUntilCaughtUp(pool, consumers, { trouble: () => stoppedShards(followed), ...options }),
    close,
  };
}

function writerOf(app: NestExpressApplication, parts: readonly ServicePart[]): Runtime['writer'] {
  return (service) => {
    assertHere(parts, [service]);
    const token = parts.find(({ definition }) => definition.service === service)?.writer;
    if (token === undefined) throw new TypeError(`no service ${service} with a writer in this process`);
    return app.get(token, { strict: false });
  };
}

function blockMakerOf({ definition: { service, schema } }: ServicePart, pool: Pool, logger: Logger): BlockMaker {
  const onTrouble = (message: string): void => logger.warn({ service, message }, 'blocks are not closed');
  return new BlockMaker({ pool, schema, onTrouble });
}
