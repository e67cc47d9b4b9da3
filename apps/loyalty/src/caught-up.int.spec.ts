import 'reflect-metadata';
import { openLotWork, type PointsWriter, sendWork } from '@loyalty/points';
import { parseDocument, recordDocuments, type Document, type PurchasesWriter } from '@loyalty/purchases';
import { createLogger, createRuntime, readEnvironment, type Runtime } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { caughtUp } from './caught-up.ts';
import { parts } from './parts.ts';

const TITLE = 'spec';
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

async function withRuntime(work: (runtime: Runtime) => Promise<void>): Promise<void> {
  const environment = readEnvironment({ DATABASE_URL: database.url, SWEEP_SECONDS: '0' });
  const logger = await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, TITLE);
  const runtime = await createRuntime({ environment, logger, title: TITLE, parts: parts(environment) });
  try {
    await runtime.start();
    await work(runtime);
  } finally {
    await runtime.close();
  }
}

async function buy(runtime: Runtime, id: string): Promise<void> {
  const lines = [{ item: 'tea', quantity: '1', unitPrice: '10.00' }];
  const parsed = parseDocument({
    source: 'till',
    id,
    member: 'm-1',
    at: '2026-06-06T10:00:00Z',
    currency: 'CNY',
    lines,
  });
  const door = { pool: runtime.database.pool, writer: runtime.writer('purchases') as PurchasesWriter };
  await recordDocuments(door, [(parsed as { document: Document }).document]);
}

it('waits for points that a process which died had sent and not delivered', async () => {
  await withRuntime(async (runtime) => {
    const writer = runtime.writer('points') as PointsWriter;
    const dates = { earnedAt: 0, activeFrom: 0, expiresAt: null };
    await runtime.caughtUp();
    const open = openLotWork('m-ann', { program: 'standard', points: 100, reference: 'o-1', ...dates });
    expect(await writer.execute(open)).toMatchObject({ kind: 'accepted' });
    expect(await writer.execute(sendWork('m-ann', 't-1', { points: 30, to: 'm-bob' }))).toMatchObject({
      kind: 'accepted',
    });
    const received = async (): Promise<unknown> =>
      (await runtime.database.pool.query(`SELECT -received AS points FROM points.wallets WHERE member = 'm-bob'`))
        .rows[0];
    expect(await received()).toBeUndefined();
    await caughtUp(runtime);
    expect(await received()).toEqual({ points: 30 });
  });
});

it('ends the wait at once, and says why, when a consumer of this process has stopped', async () => {
  await withRuntime(async (runtime) => {
    await buy(runtime, '1');
    await caughtUp(runtime);
    // As after a restore from an older backup: what was applied last is not what the source holds.
    await runtime.database.pool.query(
      `UPDATE tiers.checkpoints SET hash = '' WHERE source = 'purchases' AND position > 0`,
    );
  });
  await withRuntime(async (runtime) => {
    await buy(runtime, '2');
    const started = performance.now();
    await expect(caughtUp(runtime)).rejects.toThrow(
      /^tiers has stopped in purchases, shard \d: the source's event 1 is not the one that was applied/,
    );
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
