import { parseTimestamptz } from '@loyalty/database';
import { formatInstant, type EpochMs } from '@loyalty/kernel';
import { BadInputError } from '@loyalty/service';
import type { DataSource, EntityManager } from 'typeorm';
import { LogPositionView } from './views/index.ts';

/** What every answer stands on. */
export interface Standing {
  /** The instant it is about: what happened later, by its own time, does not count. */
  readonly at: string;
  /** In which a business day begins. */
  readonly timeZone: string;
  /** Positions taken in, by log and shard. */
  readonly asOf: Readonly<Record<string, Readonly<Record<number, number>>>>;
}

export interface Asked {
  /** @default now */
  readonly at?: EpochMs | undefined;
  /** IANA name. @default the installation's */
  readonly timeZone?: string | undefined;
}

const UNKNOWN_ZONE = '22023';

/**
 * Reads in one snapshot, so that rows and positions belong together. The views take instant and time zone from the transaction.
 * @throws {BadInputError} for a time zone that PostgreSQL does not know
 */
export async function standing<T extends object>(
  dataSource: DataSource,
  { at, timeZone }: Asked,
  read: (manager: EntityManager) => Promise<T>,
): Promise<Standing & T> {
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    await manager.query(
      `SELECT set_config('transaction_read_only', 'on', true), set_config('loyalty.at', $1, true), set_config('loyalty.reporting_zone', $2, true)`,
      [at === undefined ? '' : formatInstant(at), timeZone ?? ''],
    );
    const [told] = (await manager.query('SELECT analytics.as_at() AS at, analytics.reporting_zone() AS zone')) as {
      at: string;
      zone: string;
    }[];
    if (!told) throw new Error('the database did not say at which instant it answers');
    const asOf: Record<string, Record<number, number>> = {};
    for (const { source, shard, position } of await positions(manager)) (asOf[source] ??= {})[shard] = position;
    const answer = await read(manager).catch((error: unknown) => {
      throw (error as { code?: string }).code === UNKNOWN_ZONE ? unknownZone() : error;
    });
    return { at: formatInstant(Math.floor(parseTimestamptz(told.at) / 1000)), timeZone: told.zone, asOf, ...answer };
  });
}

function positions(manager: EntityManager): Promise<LogPositionView[]> {
  return manager.find(LogPositionView, { order: { source: 'ASC', shard: 'ASC' } });
}

function unknownZone(): BadInputError {
  return new BadInputError([
    { pointer: '/timeZone', in: 'query', message: 'is no time zone known here: name it as Asia/Shanghai' },
  ]);
}
