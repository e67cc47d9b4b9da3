import { setTimeout } from 'node:timers/promises';
import type { ConsumerPlace, ParkingPlace, SourceLog } from '@loyalty/event-log';
import { readLog } from '@loyalty/event-store';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { inTime } from './in-time.ts';
import type { ServiceLogs } from './service-logs.ts';

export interface ConsumerPlacesOptions {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly logs: Pick<ServiceLogs, 'schemaOf' | 'farLog'>;
}

const WAIT_MS = 1_000;
const WAITS = 60;
const BROKER_MS = 3_000;
const HINT =
  'All services that read each other from PostgreSQL share one database (DATABASE_URL); to give each its own, set EVENT_LOG=kafka.';

/** Finds the logs that a process's consumers follow, and how many shards these have. */
export class ConsumerPlaces {
  readonly #options: ConsumerPlacesOptions;
  /** It did not answer once: a process with four sources does not wait four times. */
  #brokerAway = false;

  constructor(options: ConsumerPlacesOptions) {
    this.#options = options;
  }

  /** Rejects when a source of this database is not there after a minute, or when its log lies in another database. */
  async find(place: ParkingPlace): Promise<ConsumerPlace> {
    const { pool, logger, logs } = this.#options;
    const sourceLog = logs.farLog(place.source);
    if (sourceLog !== undefined) return { ...place, sourceLog, shards: await this.#farShards(place, sourceLog) };
    const { consumer, source } = place;
    const sourceSchema = logs.schemaOf(source);
    for (let waits = 0; !(await hasLog(pool, sourceSchema)); waits++) {
      if (await hasRead(pool, place))
        throw new Error(`${consumer} has read the log of ${source}, and it is not in this database. ${HINT}`);
      if (waits === WAITS)
        throw new Error(
          `${consumer} reads the log of ${source}, which is not in this database: start that service first. ${HINT}`,
        );
      logger.warn({ consumer, source }, 'waiting for the log of another service to be created in this database');
      await setTimeout(WAIT_MS);
    }
    return { ...place, sourceSchema, shards: (await readLog(pool, sourceSchema)).shards };
  }

  /**
   * As many as the topic has partitions. While there is no topic or no broker: as many as the consumer's own log has shards, for services
   * are installed with the same number; the transport refuses a topic that turns out to have another.
   */
  async #farShards({ schema }: ParkingPlace, log: SourceLog): Promise<number> {
    let shards: number | undefined;
    if (!this.#brokerAway) shards = await inTime(log.shards(), BROKER_MS).catch(() => void (this.#brokerAway = true));
    return shards ?? (await readLog(this.#options.pool, schema)).shards;
  }
}

async function hasLog(pool: Pool, schema: string): Promise<boolean> {
  const table = await pool.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [`${schema}.log`]);
  if (!table.rows[0]?.there) return false;
  return (await pool.query(`SELECT FROM ${schema}.log`)).rowCount === 1;
}

async function hasRead(pool: Pool, { schema, consumer, source }: ParkingPlace): Promise<boolean> {
  const text = `SELECT FROM ${schema}.checkpoints WHERE consumer = $1 AND source = $2 AND position > 0 LIMIT 1`;
  return (await pool.query(text, [consumer, source])).rowCount === 1;
}
