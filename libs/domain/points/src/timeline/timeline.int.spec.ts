import { openDatabase, type Database } from '@loyalty/database';
import { fakeClock, testDatabase, type TestDatabase } from '@loyalty/testing';
import type { PointsInput } from '../core/input.ts';
import { instantOf, rating, returning } from '../core/scenario.fixture.ts';
import { pointsEntities } from '../points-entities.ts';
import { installForTests, learnPrograms } from '../points.fixture.ts';
import { createPointsWriter, type PointsWriter } from '../points-writer.ts';
import { readTimeline } from './read-timeline.ts';

const now = instantOf('2026-04-20T02:00:00.000Z');
const clock = fakeClock(now);
let test: TestDatabase;
let database: Database;
let writer: PointsWriter;

beforeEach(async () => {
  clock.set(now);
  test = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: test.url, name: 'timeline', entities: pointsEntities });
  writer = createPointsWriter(test.pool, { clock: clock.micros, validate: true });
  await learnPrograms(writer, 'harbour-club');
});
afterEach(async () => {
  await writer.close();
  await database.close();
  await test.close();
});

const tell = (input: PointsInput) => writer.execute({ subject: 'm-1001', input });
const dated = (id: string, points: number, activeFrom: string, expiresAt: string | null) =>
  rating(id, '2026-04-17', points, { program: 'harbour-club', activeFrom, expiresAt });
const timeline = (limit = 100) => readTimeline(database, 'm-1001', clock.now(), limit);
const told = async () =>
  (await timeline()).flatMap(({ steps }) =>
    steps.map(({ at, ...what }) => {
      const moved = Object.entries(what).filter(([name, points]) => points !== 0 || name === 'spendable');
      return `${at.slice(0, 10)} ${moved.map(([name, points]) => `${name} ${points}`).join(' ')}`;
    }),
  );

it('says what becomes spendable and what expires, with totals', async () => {
  await tell(dated('a', 120, '2026-04-17T00:00:00.000Z', '2026-05-02T16:00:00.000Z'));
  await tell(dated('b', 300, '2026-05-31T16:00:00.000Z', '2027-05-31T16:00:00.000Z'));
  await tell(dated('c', 200, '2026-05-31T16:00:00.000Z', '2027-05-31T16:00:00.000Z'));
  const wallet = {
    program: 'harbour-club',
    spendable: 120,
    steps: [
      { at: '2026-05-02T16:00:00.000Z', activates: 0, released: 0, expires: 120, repays: 0, spendable: 0 },
      { at: '2026-05-31T16:00:00.000Z', activates: 500, released: 0, expires: 0, repays: 0, spendable: 500 },
      { at: '2027-05-31T16:00:00.000Z', activates: 0, released: 0, expires: 500, repays: 0, spendable: 0 },
    ],
    totals: { activates: 500, released: 0, expires: 620, repays: 0 },
    further: 0,
  };
  expect(await timeline()).toEqual([wallet]);
  expect(await timeline(1)).toEqual([{ ...wallet, steps: wallet.steps.slice(0, 1), further: 2 }]);
  expect(await readTimeline(database, 'm-nobody', now, 100)).toEqual([]);
});

it('says when a reservation ends, and that what it gives back may be gone', async () => {
  await tell(dated('a', 120, '2026-04-17T00:00:00.000Z', '2026-04-21T00:00:00.000Z'));
  await tell(dated('b', 10, '2026-04-17T00:00:00.000Z', null));
  await tell({ kind: 'reserve', id: 'v', points: 125, ttl: 'P3D', program: 'harbour-club' });
  expect(await told()).toEqual(['2026-04-23 released 125 expires 120 spendable 10']);
});

it('says what repays what is owed', async () => {
  await tell(dated('a', 100, '2026-04-17T00:00:00.000Z', null));
  await tell({ kind: 'redeem', id: 'r', points: 100, program: 'harbour-club' });
  const back = returning('x', '2026-04-19', { a: 60 });
  await tell({ ...back, rating: { ...back.rating, program: 'harbour-club' } });
  await tell(dated('b', 80, '2026-05-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z'));
  expect(await told()).toEqual(['2026-05-01 activates 80 repays 60 spendable 20', '2026-06-01 expires 20 spendable 0']);
});

it('moves what expires by inactivity with every activity', async () => {
  const idle = (id: string) => {
    const own = dated(id, 50, '2026-04-17T00:00:00.000Z', null);
    return { ...own, rating: { ...own.rating, inactivity: { after: 'P3M', timeZone: 'Asia/Shanghai' } } };
  };
  await tell(idle('a'));
  expect(await told()).toEqual(['2026-07-17 expires 50 spendable 0']);
  await tell({ kind: 'redeem', id: 'r', points: 10, program: 'harbour-club' });
  expect(await told()).toEqual(['2026-07-20 expires 40 spendable 0']);
});
