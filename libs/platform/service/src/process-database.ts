import { join, resolve } from 'node:path';
import { openDatabase, startEmbedded, type Database, type DatabaseOptions } from '@loyalty/database';
import type { Environment } from './environment.ts';

/** The database of this process: the server of DATABASE_URL, else the embedded one, shared with other processes of the same LOYALTY_HOME. */
export async function openProcessDatabase(
  environment: Environment,
  { name, entities = [] }: Pick<DatabaseOptions, 'name' | 'entities'>,
): Promise<Database> {
  const { DATABASE_URL, DATABASE_POOL, LOYALTY_HOME } = environment;
  if (DATABASE_URL !== undefined)
    return openDatabase({ url: DATABASE_URL, max: DATABASE_POOL, name: name ?? 'loyalty', entities });
  const embedded = await startEmbedded({ dir: join(resolve(LOYALTY_HOME), 'postgres') });
  try {
    const database = await openDatabase({ url: embedded.url, max: DATABASE_POOL, name: name ?? 'loyalty', entities });
    // Connections first: a server that is told to stop while they are open takes them for lost ones.
    return { ...database, close: () => database.close().finally(() => embedded.stop()) };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}
