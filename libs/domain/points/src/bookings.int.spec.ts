import { testDatabase, type TestDatabase } from '@loyalty/testing';
import type { Pool } from 'pg';
import { Bookings, type Awaited, type Look } from './bookings.ts';
import { rating, returning } from './core/scenario.fixture.ts';
import { shardOfMember } from './member-lots.ts';
import { installForTests, tell } from './points.fixture.ts';
import { createPointsWriter, type PointsWriter } from './points-writer.ts';

let database: TestDatabase;
let writer: PointsWriter;
/** Members of each statement. */
let statements: number[];

beforeAll(async () => {
  database = await testDatabase({ name: 'points', prepare: installForTests });
  writer = createPointsWriter(database.pool);
  for (let n = 0; n < 40; n++) await tell(writer, `m-${n}`, rating(`p-${n}`, '2026-01-01', 10 + n));
});
beforeEach(() => {
  statements = [];
});
afterAll(async () => {
  await writer.close();
  await database.close();
});

/** The pool, counting who is asked about. */
const counting = (): Pool => {
  const query = (statement: { readonly values: readonly Buffer[] }): unknown => {
    // Length of a one-dimensional array in binary: after dimensions, flags and element type.
    statements.push((statement.values[0] as Buffer).readInt32BE(12));
    return database.pool.query(statement as never);
  };
  return { query } as unknown as Pool;
};

async function awaited(member: string, id: string, after = 0): Promise<Awaited> {
  return { shard: await shardOfMember(database.pool, member), member, cause: { source: 'shop', id }, after };
}

const points = ({ items }: Look): number[] | null =>
  items?.map(({ postings }) => postings.find(({ bucket }) => bucket === 'held')?.points ?? 0) ?? null;

it('one statement looks for all who asked while the one before ran, each gets its own', async () => {
  const bookings = new Bookings(counting());
  const asked = await Promise.all(Array.from({ length: 40 }, (_, n) => awaited(`m-${n}`, `p-${n}`)));
  const unbooked = await awaited('m-3', 'p-4');
  const looks = await Promise.all([...asked, unbooked, asked[0] as Awaited].map((each) => bookings.look(each)));
  expect(looks.slice(0, 40).map(points)).toEqual(Array.from({ length: 40 }, (_, n) => [10 + n]));
  expect(looks.slice(40).map(points)).toEqual([null, [10]]);
  expect(statements).toEqual([1, 41]);
});

it('looks at what came after the last look only', async () => {
  const bookings = new Bookings(counting());
  const member = await awaited('m-7', 'b-7');
  const first = await bookings.look(member);
  expect(points(first)).toBeNull();
  await tell(writer, 'm-7', returning('b-7', '2026-01-10', { 'p-7': 4 }));
  const second = await bookings.look({ ...member, after: first.head });
  expect(points(second)).toEqual([-4]);
  expect(second.head).toBeGreaterThan(first.head);
  expect(points(await bookings.look({ ...member, after: second.head }))).toBeNull();
});

it('takes only so many at a time', async () => {
  const bookings = new Bookings(counting());
  const one = await awaited('m-1', 'p-1');
  const looks = await Promise.all(Array.from({ length: 600 }, () => bookings.look(one)));
  expect(looks.every((look) => points(look)?.[0] === 11)).toBe(true);
  expect(statements).toEqual([1, 256, 256, 87]);
});

it('tells everybody whom a failed statement was for, and looks again for those who come later', async () => {
  let broken = true;
  const query = (statement: unknown): unknown =>
    broken ? Promise.reject(new Error('gone')) : database.pool.query(statement as never);
  const bookings = new Bookings({ query } as unknown as Pool);
  const one = await awaited('m-1', 'p-1');
  const failed = await Promise.allSettled([bookings.look(one), bookings.look(one), bookings.look(one)]);
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  broken = false;
  expect(points(await bookings.look(one))).toEqual([11]);
});
