import 'reflect-metadata';
import { hash } from 'node:crypto';
import type { ProgramPublished, TierCourse } from '@loyalty/contracts';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase } from '@loyalty/testing';
import { installForTests, tell } from './points.fixture.ts';
import { pointsEntities } from './points-entities.ts';
import { PointsModule } from './points.module.ts';
import type { PointsWriter } from './points-writer.ts';
import { termsOf } from './program-terms.ts';
import { rating } from './core/scenario.fixture.ts';
import { POINTS_WRITER } from './tokens.ts';

export interface Said {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: Record<string, never>;
}

/** A points ledger over HTTP, with a shop's program, for specs of rewards and approvals. */
export interface Shop {
  readonly database: Database;
  readonly url: string;
  readonly writer: PointsWriter;
  get(path: string, headers?: Record<string, string>, key?: string): Promise<Said>;
  /** @param once the idempotency key; a new one if left out */
  post(path: string, body?: unknown, once?: string, key?: string): Promise<Said>;
  /** Publishes a program file, as the reactor tells the ledger of it. */
  publish(document: string, effectiveFrom?: string): Promise<void>;
  /** Gives a member points, spendable at once and for ever. */
  earn(member: string, points: number): Promise<void>;
  learnTier(member: string, course: TierCourse): Promise<void>;
  close(): Promise<void>;
}

/** Keys of the shop: `till`, and three people of the office: two who may approve, one who may not. */
const KEYS = {
  till: ['points:read', 'points:write'],
  ann: ['points:*', 'rewards:write'],
  ben: ['points:*'],
  cas: ['points:read', 'points:adjust'],
};

export async function openShop(name: string, program: string): Promise<Shop> {
  const copy = await testDatabase({ name: 'points', prepare: installForTests });
  const database = await openDatabase({ url: copy.url, name, entities: [...pointsEntities] });
  const app = await createHttpApp({
    title: 'Test',
    modules: [PointsModule.forRoot({ validate: true, sweepMs: 0 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys(KEYS),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const writer: PointsWriter = app.get(POINTS_WRITER);
  let keys = 0;
  let purchases = 0;
  const ask = async (path: string, init: RequestInit, key: string): Promise<Said> => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...(init.headers as object) };
    const response = await fetch(`${url}/v1/${path}`, { ...init, headers });
    const replayed = response.headers.get('idempotency-replayed') === 'true';
    return { status: response.status, replayed, body: (await response.json()) as Record<string, never> };
  };
  const shop: Shop = {
    database,
    url,
    writer,
    get: (path, headers = {}, key = 'till') => ask(path, { headers }, key),
    post: (path, body = {}, once = `key-${++keys}`, key = 'till') =>
      ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'idempotency-key': once } }, key),
    async publish(document, effectiveFrom = '2026-01-01T00:00:00.000Z') {
      const published: ProgramPublished = {
        program: 'club',
        effectiveFrom,
        version: hash('sha256', document),
        document,
      };
      const event = { type: 'terms.learned.v1', time: Date.parse(effectiveFrom), data: termsOf(published) };
      await writer.broadcast('program:club', [event]);
    },
    earn: (member, points) => tell(writer, member, rating(`p-${++purchases}`, '2026-01-01', points)),
    learnTier: (member, course) => tell(writer, member, { kind: 'tier', program: 'club', course }),
    async close() {
      await app.close();
      await database.close();
      await copy.close();
    },
  };
  await shop.publish(program);
  return shop;
}
