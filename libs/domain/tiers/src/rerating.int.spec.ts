import type { Pacing } from '@loyalty/event-log';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { publishShippedPrograms } from './publish-program.ts';
import { pendingReratings, Rerating } from './rerating.ts';
import { createTiersWriter, type TiersWriter } from './tiers-writer.ts';
import { bought, installForTests, shanghai, tell } from './tiers.fixture.ts';

let database: TestDatabase;
let writer: TiersWriter;
let told: string[];
let paused_ms: number[];
let onPause: () => Promise<unknown>;
let rerating: Rerating;

beforeEach(async () => {
  database = await testDatabase({ name: 'tiers', prepare: installForTests });
  writer = createTiersWriter(database.pool, { validate: true });
  await publishShippedPrograms(writer);
  told = [];
  paused_ms = [];
  const note = (message: string): void => void told.push(message);
  const pacing: Pacing = {
    now: () => 0,
    random: () => 1,
    async pause(ms) {
      paused_ms.push(ms);
      await onPause();
    },
  };
  rerating = new Rerating(database.pool, writer, { pacing, logger: { log: note, error: note } });
});
afterEach(async () => {
  await rerating.stop();
  await writer.close();
  await database.close();
});

const away = () => database.pool.query('ALTER TABLE tiers.reratings RENAME TO reratings_away');
const back = () => database.pool.query('ALTER TABLE tiers.reratings_away RENAME TO reratings');

it('in the background is told when it fails, and tried again with longer and longer pauses until it is through', async () => {
  await away();
  const through = new Promise<void>((resolve) => {
    onPause = async () => {
      expect(rerating.trouble).toContain('relation "tiers.reratings" does not exist');
      if (paused_ms.length < 3) return;
      await back();
      resolve();
    };
  });
  rerating.start();
  await through;
  await rerating.run();
  expect(await pendingReratings(database.pool)).toEqual([]);
  expect(rerating.trouble).toBeNull();
  expect(paused_ms).toEqual([1_000, 2_000, 4_000]);
  expect(told).toEqual([
    expect.stringMatching(/not rated again: .*does not exist; attempt 1, tried again in 1\.0 s/),
    expect.stringContaining('attempt 2, tried again in 2.0 s'),
    expect.stringContaining('attempt 3, tried again in 4.0 s'),
    expect.stringContaining('are rated again'),
  ]);
});

it('of a shard that fails keeps no other shard waiting', async () => {
  for (let i = 0; i < 16; i++) await tell(writer, `m-${i}`, bought(`a${i}`, shanghai('2026-02-10'), '10'));
  await database.pool.query('ALTER TABLE tiers.reratings ADD CONSTRAINT broken CHECK (shard <> 3)');
  await expect(rerating.run()).rejects.toThrow('shard 3: error: new row for relation "reratings" violates');
  expect(await pendingReratings(database.pool)).toMatchObject([{ shard: 3 }]);
});

it('that is stopped while it waits ends at once', async () => {
  await away();
  let waits: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (waits = resolve));
  const pause: Pacing['pause'] = (_, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      waits();
    });
  const stopped = new Rerating(database.pool, writer, {
    pacing: { now: () => 0, random: () => 1, pause },
    logger: { log: () => undefined, error: () => undefined },
  });
  stopped.start();
  await waiting;
  await stopped.stop();
  await back();
});
