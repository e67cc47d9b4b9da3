import { testDatabase, type TestDatabase } from '@loyalty/testing';
import type { StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';
import type { ShardReader } from '../transport.ts';
import { ShardReads, type ReadLimits } from './shard-reads.ts';

let database: TestDatabase;
let queries = 0;
let stop: AbortController;

beforeAll(async () => {
  database = await testDatabase();
  await database.pool.query(`CREATE SCHEMA source;
CREATE TABLE source.events (shard smallint, position bigint, id uuid, type text, subject text, time timestamptz, recorded timestamptz,
  correlation text, causation text, trace text, data text, hash bytea, PRIMARY KEY (shard, position))`);
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.pool.query('TRUNCATE source.events');
  queries = 0;
  stop = new AbortController();
});
afterEach(() => stop.abort(new Error('over')));

function readsOf(limits: Partial<ReadLimits> = {}): { reads: ShardReads; reader: ShardReader } {
  const query = (...given: Parameters<Pool['query']>): unknown => {
    queries++;
    return database.pool.query(...given);
  };
  const reads = new ShardReads({
    pool: { query } as unknown as Pool,
    source: 'source',
    schema: 'source',
    payload: true,
    limits: { events: 1_000, bytes: 1_048_576, ...limits },
    slot: (read) => read(),
    onError: (error) => Promise.reject(error),
  });
  return { reads, reader: reads.reader(0, stop.signal) };
}

/** Everything up to this position, with data of so many bytes. */
async function written(upto: number, bytes = 10): Promise<void> {
  await database.pool.query(
    `INSERT INTO source.events SELECT 0, n, gen_random_uuid(), 't.v1', 'm', now(), now(), NULL, NULL, NULL, repeat('x', $2::int), sha256('x')
FROM generate_series(1, $1::int) AS n ON CONFLICT DO NOTHING`,
    [upto, bytes],
  );
}

const positions = (events: readonly StoredEvent[]): number[] => events.map(({ position }) => position);

describe('reads of a log', () => {
  it('ask once for what is there, and again when they are told of more', async () => {
    const { reads, reader } = readsOf();
    await written(3);
    expect(positions(await reader.next())).toEqual([1, 2, 3]);
    const more = reader.next();
    reads.wake([{ shard: 0, position: 3 }]);
    await written(5);
    expect(queries).toBe(1);
    reads.wake([{ shard: 0, position: 5 }]);
    expect(positions(await more)).toEqual([4, 5]);
    expect(queries).toBe(2);
  });

  it('look again where something was written while they looked', async () => {
    const { reads, reader } = readsOf();
    await written(1);
    const first = reader.next();
    await written(2);
    reads.wake([{ shard: 0, position: 2 }]);
    const events = [...(await first)];
    while (events.length < 2) events.push(...(await reader.next()));
    expect(positions(events)).toEqual([1, 2]);
  });

  it.each<[string, Partial<ReadLimits>]>([
    ['number', { events: 2 }],
    ['bytes', { bytes: 2_000 }],
  ])('go on untold behind a batch that was full by its %s', async (_, limits) => {
    const { reader } = readsOf(limits);
    await written(5, 1_000);
    expect(positions(await reader.next())).toEqual([1, 2]);
    expect(positions(await reader.next())).toEqual([3, 4]);
    expect(positions(await reader.next())).toEqual([5]);
  });
});
