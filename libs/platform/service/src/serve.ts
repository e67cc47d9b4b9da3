import type { Logger } from 'pino';
import { endBySignal } from './end-by-signal.ts';
import type { Environment } from './environment.ts';
import { createLogger } from './logging.ts';
import { EnvironmentError, readEnvironment } from './read-environment.ts';
import { createRuntime, type Runtime } from './runtime.ts';
import type { ServicePart } from './service-part.ts';

export interface Served {
  readonly runtime: Runtime;
  readonly environment: Environment;
  readonly logger: Logger;
  /** `http://127.0.0.1:3000` */
  readonly url: string;
}

/** The services of a process, given its settings. */
export type PartsFor = (environment: Environment) => readonly ServicePart[];

/**
 * Runs services as a process: database, consumers, HTTP, until a signal ends it.
 * @throws {EnvironmentError} when a variable holds what it must not
 */
export async function serve(title: string, partsFor: PartsFor): Promise<Served> {
  const environment = readEnvironment();
  const logger = await createLogger(environment, title);
  const runtime = await createRuntime({ environment, logger, title, parts: partsFor(environment) });
  endBySignal(() => runtime.close(), logger);
  try {
    await runtime.start();
    await listen(runtime, environment);
    const url = (await runtime.app.getUrl()).replace('[::1]', 'localhost');
    return { runtime, environment, logger, url };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

async function listen({ app }: Runtime, { PORT, HOST }: Environment): Promise<void> {
  try {
    await app.listen(PORT, HOST);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EADDRINUSE') throw error;
    throw new Error(`Another program listens on ${HOST}:${PORT}: stop it, or set PORT to another number.`, {
      cause: error,
    });
  }
}

/** The whole of a service's entry: serves, and tells on standard output where (`ready <url>`), or on standard error why not. */
export async function serveOnly(title: string, partsFor: PartsFor): Promise<void> {
  try {
    const { url, runtime, environment } = await serve(title, partsFor);
    const firstKey = await runtime.keys.createFirst('first', environment.FIRST_API_KEY);
    if (firstKey !== undefined) process.stdout.write(`API key (shown once): ${firstKey}\n`);
    process.stdout.write(`ready ${url}\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = error instanceof EnvironmentError ? 2 : 1;
  }
}
