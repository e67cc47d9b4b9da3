import {
  createLogger,
  createRuntime,
  endBySignal,
  openProcessDatabase,
  readEnvironment,
  type Environment,
  type Runtime,
} from '@loyalty/service';
import type { Database } from '@loyalty/database';
import { parts } from './parts.ts';

export const TITLE = 'loyalty';

const STOPPED = 'Stopped by a signal. What was recorded stays: run the same command again.';

export interface Ledger {
  readonly runtime: Runtime;
  readonly environment: Environment;
}

/**
 * All five services without HTTP, for a command: beside a running server, whose consumers then do the work, or alone, with
 * consumers of its own. Closed whatever happens, by a signal too.
 */
export async function withLedger<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const environment = readEnvironment();
  const logger = await createLogger(quiet(environment), TITLE);
  // A command writes what it was asked for and nothing besides.
  const { KAFKA_INBOUND_TOPIC: _, ...others } = environment;
  const commanded = { ...others, SWEEP_SECONDS: 0, WEBHOOK_DELIVERIES: 0 };
  const runtime = await createRuntime({ environment, logger, title: TITLE, parts: parts(commanded), guest: true });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= runtime.close());
  let stopping = false;
  endBySignal(() => {
    stopping = true;
    return close();
  }, logger);
  try {
    await runtime.start();
    return await work({ runtime, environment });
  } catch (error) {
    // What fails now fails because everything is being closed under it.
    throw stopping ? new Error(STOPPED, { cause: error }) : error;
  } finally {
    await close();
  }
}

/** Only the database, for what needs no service. */
export async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openProcessDatabase(readEnvironment(), { name: TITLE });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** A command talks by its result; of its logs only what is wrong is of interest, unless asked for. */
export function quiet(environment: Environment): Pick<Environment, 'LOG_LEVEL' | 'LOG_FORMAT'> {
  return { LOG_LEVEL: process.env['LOG_LEVEL'] ? environment.LOG_LEVEL : 'warn', LOG_FORMAT: environment.LOG_FORMAT };
}
