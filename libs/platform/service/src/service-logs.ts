import {
  EmbeddedEventLog,
  KafkaEventLog,
  NearAndFar,
  openKafkaClient,
  Relay,
  type EventLogTransport,
  type KafkaClient,
  type RelayHealth,
  type SourceLog,
} from '@loyalty/event-log';
import { readLog } from '@loyalty/event-store';
import type { LogPosition } from '@loyalty/kernel';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Environment } from './environment.ts';
import { kafkaSettings } from './kafka-settings.ts';
import type { Readiness } from './readiness.ts';
import { RareMessages } from './rare-messages.ts';
import { addRelayChecks, type PublishedLog } from './relay-readiness.ts';
import type { ServicePart } from './service-part.ts';

export interface ServiceLogsOptions {
  readonly environment: Environment;
  readonly pool: Pool;
  readonly logger: Logger;
  /** Names the process to the broker. */
  readonly title: string;
  /** Of the services of this process: their logs lie in its database. */
  readonly schemas: ReadonlyMap<string, string>;
  readonly guest: boolean;
}

/** A quarter of a megabyte a shard and consumer: with six consumers of eight shards a megabyte each made 80 MB, and no more speed. */
const BATCH_BYTES = 262_144;

/**
 * How the services of a process read each other. `EVENT_LOG=embedded`: from the tables of the one database. `kafka`: each service that
 * writes publishes its log by a relay, and what is not a service's own is read over Kafka, so that the database need hold nothing of others.
 */
export class ServiceLogs {
  readonly embedded: EmbeddedEventLog;
  readonly #published: PublishedLog[] = [];
  readonly #options: ServiceLogsOptions;
  readonly #kafka: { readonly client: KafkaClient; readonly log: KafkaEventLog } | undefined;

  private constructor(options: ServiceLogsOptions, client: KafkaClient | undefined) {
    this.#options = options;
    const { environment, pool, logger, guest } = options;
    const schemaOf = (source: string): string => this.schemaOf(source);
    this.embedded = new EmbeddedEventLog({ pool, schemaOf, guest, batchBytes: BATCH_BYTES });
    if (client === undefined) return;
    const rare = new RareMessages((message) =>
      logger.warn({ message }, 'another service cannot be read over Kafka yet'),
    );
    const log = new KafkaEventLog({
      client,
      pool,
      topicPrefix: environment.KAFKA_TOPIC_PREFIX,
      guest,
      batchBytes: BATCH_BYTES,
      onTrouble: (message) => rare.tell(message),
    });
    this.#kafka = { client, log };
  }

  /** @throws {Error} when a file that the environment names cannot be read. A broker that is away is waited for, not an error. */
  static async open(options: ServiceLogsOptions): Promise<ServiceLogs> {
    const { environment, logger, title } = options;
    if (environment.EVENT_LOG === 'embedded') return new ServiceLogs(options, undefined);
    const rare = new RareMessages((message) => logger.warn({ message }, 'Kafka: trying on'));
    const settings = await kafkaSettings(environment, title);
    const onTrouble = (message: string): void => rare.tell(message);
    return new ServiceLogs(options, await openKafkaClient(environment.KAFKA_CLIENT, { ...settings, onTrouble }));
  }

  /** What sends out of the logs reads all that lie in this database from there; everybody else only a service's own. */
  transportOf({ definition, follower }: ServicePart): EventLogTransport {
    if (this.#kafka === undefined) return this.embedded;
    const isNear = (source: string): boolean =>
      source === definition.service || (follower !== undefined && this.#options.schemas.has(source));
    return new NearAndFar(isNear, this.embedded, this.#kafka.log);
  }

  /** Where a log lies that lies in this database. */
  schemaOf(source: string): string {
    return this.#options.schemas.get(source) ?? source;
  }

  /** The log of a service whose process, and so whose database, is another. Undefined where it lies in this one's. */
  farLog(source: string): SourceLog | undefined {
    return this.#options.schemas.has(source) ? undefined : this.#kafka?.log.logOf(source);
  }

  committed(service: string, heads: readonly LogPosition[]): void {
    this.embedded.committed(service, heads);
  }

  /** Publishes the logs of those that write one, each with a part in health. */
  async start(parts: readonly ServicePart[], readiness: Readiness): Promise<void> {
    if (this.#kafka === undefined) return;
    const { pool, environment } = this.#options;
    for (const { definition, writer } of parts) {
      if (writer === undefined) continue;
      const { service, schema } = definition;
      const relay = new Relay({
        client: this.#kafka.client,
        log: this.embedded,
        pool,
        service,
        schema,
        shards: (await readLog(pool, schema)).shards,
        topicPrefix: environment.KAFKA_TOPIC_PREFIX,
        replication: environment.KAFKA_REPLICATION,
        onHealth: (health) => this.tell(health),
      });
      this.#published.push({ relay, service, schema });
      await relay.start();
    }
    addRelayChecks(readiness, pool, this.#published);
  }

  /** Consumers are to be closed first. */
  async close(): Promise<void> {
    await Promise.all(this.#published.map(({ relay }) => relay.close()));
    await this.#kafka?.log.close();
    await this.#kafka?.client.close();
    await this.embedded.close();
  }

  private tell(health: RelayHealth): void {
    const { logger } = this.#options;
    if (health.state === 'stopped') logger.error(health, 'a log is no longer published');
    else if (health.state === 'waiting') logger.warn(health, 'a log waits to be published');
  }
}
