import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase } from '@loyalty/testing';
import { installForTests } from './points.fixture.ts';
import { pointsEntities } from './points-entities.ts';
import { PointsModule } from './points.module.ts';
import type { PointsWriter, PointsWriterOptions } from './points-writer.ts';
import { POINTS_WRITER } from './tokens.ts';

export interface Told {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Record<string, never>;
}

/** A process that serves the ledger, as far as its clients and its database can tell. */
export interface Served {
  readonly writer: PointsWriter;
  /** @param key the idempotency key; left out for reads */
  ask(path: string, body?: object, key?: string): Promise<Told>;
}

export interface Town {
  readonly database: Database;
  readonly processes: readonly Served[];
  close(): Promise<void>;
}

/** Several processes on one ledger, each with its own writer. */
export async function openTown(count: number, options: PointsWriterOptions = {}): Promise<Town> {
  const copy = await testDatabase({ name: 'points', prepare: installForTests });
  const databases: Database[] = [];
  const apps: Awaited<ReturnType<typeof createHttpApp>>[] = [];
  const processes: Served[] = [];
  for (let i = 0; i < count; i += 1) {
    const database = await openDatabase({ url: copy.url, name: `attack ${i}`, entities: [...pointsEntities] });
    databases.push(database);
    const app = await createHttpApp({
      title: 'Test',
      modules: [PointsModule.forRoot({ sweepMs: 0, ...options })],
      environment: readEnvironment({}),
      database,
      keys: fixedKeys({ till: ['points:*'] }),
      logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
    });
    apps.push(app);
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    processes.push({ writer: app.get(POINTS_WRITER), ask: (...asked) => ask(url, ...asked) });
  }
  return {
    database: databases[0] as Database,
    processes,
    async close() {
      for (const app of apps) await app.close();
      for (const database of databases) await database.close();
      await copy.close();
    },
  };
}

async function ask(url: string, path: string, body?: object, key?: string): Promise<Told> {
  const response = await fetch(`${url}/v1/members/${path}`, {
    headers: {
      authorization: 'Bearer till',
      'content-type': 'application/json',
      ...(key && { 'idempotency-key': key }),
    },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  const { request: _, ...told } = (await response.json()) as Record<string, never>;
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: told };
}
