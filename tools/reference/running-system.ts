import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, createRuntime, readEnvironment, type PartsFor, type Runtime } from '@loyalty/service';

/** Runs something with all services wired on a fresh database: nothing listens, nothing follows, and it is all gone after. */
export async function withRunningSystem<T>(
  title: string,
  partsFor: PartsFor,
  use: (runtime: Runtime) => Promise<T>,
): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'loyalty-reference-'));
  // As root the database runs as another user, who must be able to pass.
  await chmod(home, 0o755);
  const environment = readEnvironment({ LOYALTY_HOME: home, LOG_LEVEL: 'error' });
  try {
    const logger = await createLogger(environment, title);
    const runtime = await createRuntime({ environment, logger, title, parts: partsFor(environment) });
    try {
      return await use(runtime);
    } finally {
      await runtime.close();
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
