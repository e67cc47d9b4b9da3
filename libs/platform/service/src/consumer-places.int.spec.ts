import type { SourceLog } from '@loyalty/event-log';
import { installEventStore } from '@loyalty/event-store';
import { installProjections } from '@loyalty/projections';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import pino from 'pino';
import { ConsumerPlaces } from './consumer-places.ts';

const logger = pino({ level: 'silent' });
const place = { schema: 'ear', consumer: 'ear', source: 'mouth' };
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await installEventStore(database.pool, { schema: 'ear', service: 'ear', shards: 5 });
  await installProjections(database.pool, 'ear');
});
afterAll(() => database.close());

function places(shards?: () => Promise<number | undefined>): ConsumerPlaces {
  const log = { shards } as unknown as SourceLog;
  const logs = { schemaOf: (source: string) => source, farLog: () => (shards === undefined ? undefined : log) };
  return new ConsumerPlaces({ pool: database.pool, logger, logs });
}

it('take the number of shards from where the source is: its topic', async () => {
  expect(await places(async () => 3).find(place)).toMatchObject({ shards: 3, sourceLog: {} });
});

it('take their own number while there is no topic, or no broker; which is asked once', async () => {
  expect(await places(async () => undefined).find(place)).toMatchObject({ shards: 5 });
  let asked = 0;
  const away = places(() => (asked++, Promise.reject(new Error('ECONNREFUSED'))));
  expect(await away.find(place)).toMatchObject({ shards: 5 });
  expect(await away.find({ ...place, source: 'hand' })).toMatchObject({ shards: 5 });
  expect(asked).toBe(1);
});

it('are refused at once where a log that was read before is not in this database', async () => {
  await database.pool.query(`INSERT INTO ear.checkpoints VALUES ('ear', 'mouth', 0, 7, '')`);
  await expect(places().find(place)).rejects.toThrow(
    'ear has read the log of mouth, and it is not in this database. All services that read each other from PostgreSQL share one database',
  );
  await installEventStore(database.pool, { schema: 'mouth', service: 'mouth', shards: 2 });
  expect(await places().find(place)).toEqual({ ...place, sourceSchema: 'mouth', shards: 2 });
});
