import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { explainRating } from './explain-rating.ts';
import { publishProgram, publishShippedPrograms } from './publish-program.ts';
import { ratingOfEvent } from './rating-of-event.ts';
import { createTiersWriter, type TiersWriter } from './tiers-writer.ts';
import { bought, installForTests, returned, shanghai, standardText, tell } from './tiers.fixture.ts';
import { rerateWork } from './tiers-work.ts';

let database: TestDatabase;
let writer: TiersWriter;

beforeEach(async () => {
  database = await testDatabase({ name: 'tiers', prepare: installForTests });
  writer = createTiersWriter(database.pool, { validate: true });
  await publishShippedPrograms(writer);
  await tell(
    writer,
    'm-1',
    bought('1', shanghai('2026-01-10'), '100'),
    bought('2', shanghai('2026-06-01'), '50'),
    returned('3', shanghai('2026-06-02'), '2'),
  );
});
afterEach(async () => {
  await writer.close();
  await database.close();
});

const explain = (id: string) => explainRating(database.pool, 'till', id, true);

/** Twice the points from an instant on. */
async function publishDouble(from: string): Promise<void> {
  const text = standardText
    .replace(/effectiveFrom: .*/, `effectiveFrom: ${from}T00:00:00+08:00`)
    .replace('points: 1,', 'points: 2,');
  expect(text).not.toBe(standardText);
  expect(await publishProgram(writer, text)).toMatchObject({ kind: 'published' });
}

it('says that a second run gives the same for a purchase and a return', async () => {
  expect(await explain('2')).toMatchObject({ recomputed: { matches: true, differences: [] } });
  expect(await explain('3')).toMatchObject({ recomputed: { matches: true, differences: [] } });
});

it('lists what a version published late makes different, until the member is rated again', async () => {
  await publishDouble('2026-03-01');
  expect(await explain('1')).toMatchObject({ recomputed: { matches: true } });
  const purchase = await explain('2');
  expect(purchase?.recomputed?.differences).toEqual([
    { pointer: '/purchases/standard/version', standing: expect.any(String), recomputed: expect.any(String) },
    { pointer: '/purchases/standard/points', standing: 50, recomputed: 100 },
    { pointer: '/purchases/standard/cells/0/points', standing: 50, recomputed: 100 },
  ]);
  expect((await explain('3'))?.recomputed?.differences).toEqual([
    { pointer: '/returns/standard/reversals/0/points', standing: 50, recomputed: 100 },
    { pointer: '/returns/standard/reversals/0/lines/0/points', standing: 50, recomputed: 100 },
  ]);
  await writer.execute(rerateWork('m-1'));
  expect(await explain('2')).toMatchObject({ recomputed: { matches: true, purchases: [{ points: 100 }] } });
});

it('finds a rating in the log that the facts do not give', async () => {
  // As a superuser who knows where the triggers are would do it.
  await database.pool.query('ALTER TABLE tiers.events DISABLE TRIGGER ALL');
  const { rows } = await database.pool.query<{ part: string }>(
    `SELECT tableoid::regclass::text AS part FROM tiers.events WHERE subject = 'm-1' LIMIT 1`,
  );
  await database.pool.query(`ALTER TABLE ${rows[0]?.part} DISABLE TRIGGER ALL`);
  await database.pool.query(
    `UPDATE tiers.events SET data = replace(data, '"points":100', '"points":900') WHERE subject = 'm-1'`,
  );
  const told = await explain('1');
  expect(told?.recomputed?.matches).toBe(false);
  expect(told?.recomputed?.differences).toContainEqual({
    pointer: '/purchases/standard/points',
    standing: 900,
    recomputed: 100,
  });
});

it('gives what one event said, also when it was corrected later', async () => {
  const { rows } = await database.pool.query<{ id: string; shard: number; type: string }>(
    `SELECT id, shard, type FROM tiers.events WHERE subject = 'm-1' ORDER BY position`,
  );
  const said = (type: string) => {
    const { id, shard } = rows.find((row) => row.type === type)!;
    return ratingOfEvent(database.pool, shard, 'm-1', id);
  };
  await publishDouble('2026-01-01');
  await writer.execute(rerateWork('m-1'));
  expect(await said('purchase.rated.v1')).toMatchObject({ purchase: { points: 100, purchase: { id: '1' } } });
  expect(await said('return.rated.v1')).toMatchObject({ return: { reversals: [{ points: 50 }] } });
  const corrected = await database.pool.query<{ id: string; shard: number }>(
    `SELECT id, shard FROM tiers.events WHERE subject = 'm-1' AND type = 'rating.corrected.v1' ORDER BY position LIMIT 1`,
  );
  const { id, shard } = corrected.rows[0]!;
  expect(await ratingOfEvent(database.pool, shard, 'm-1', id)).toMatchObject({
    cause: { kind: 'program' },
    previousPoints: 100,
    purchase: { points: 200 },
  });
  expect(await ratingOfEvent(database.pool, shard, 'm-2', id)).toBeNull();
  await database.pool.query('ALTER TABLE tiers.events RENAME TO elsewhere');
  expect(await ratingOfEvent(database.pool, shard, 'm-1', id)).toBeNull();
});
