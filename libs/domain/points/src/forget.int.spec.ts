import { fakeClock, testDatabase, type TestDatabase } from '@loyalty/testing';
import { instantOf, rating, returning } from './core/scenario.fixture.ts';
import { installForTests, tell } from './points.fixture.ts';
import { captureWork, redeemWork, reserveWork, undoWork } from './points-work.ts';
import { createPointsWriter, type PointsWriter } from './points-writer.ts';

const clock = fakeClock(instantOf('2026-02-01'));
const club = { program: 'club' };
let database: TestDatabase;
let writer: PointsWriter;

beforeEach(async () => {
  database = await testDatabase({ name: 'points', prepare: installForTests });
  writer = createPointsWriter(database.pool, { clock: clock.micros, validate: true });
});
afterEach(async () => {
  await writer.close();
  await database.close();
});

it('undoes and returns what a popular card did long before, as if it were in memory', async () => {
  for (let i = 0; i < 60; i++) {
    await tell(writer, 'm-1', rating(`p${i}`, '2026-01-01', 100));
    await writer.execute(redeemWork('m-1', `r${i}`, { ...club, points: 100 }));
  }
  await tell(writer, 'm-1', rating('last', '2026-01-02', 100));
  await writer.execute(reserveWork('m-1', 's', { ...club, points: 30 }));
  expect(await writer.execute(captureWork('m-1', 'c', { reservation: 's', points: 20 }))).toMatchObject({
    answer: { spendable: 80, released: 10 },
  });
  expect(await writer.execute(captureWork('m-1', 'c2', { reservation: 's' }))).toMatchObject({
    refusal: { code: 'reservation_captured' },
  });
  expect(await writer.execute(captureWork('m-1', 'c3', { reservation: 'never' }))).toMatchObject({
    refusal: { code: 'unknown_reservation' },
  });
  expect(await writer.execute(undoWork('m-1', 'u', { redemption: 'r0' }))).toMatchObject({
    answer: { points: 100, spendable: 180, lots: [{ points: 100 }] },
  });
  await tell(writer, 'm-1', returning('b', '2026-01-20', { p1: 100 }));
  expect(await writer.execute(redeemWork('m-1', 'all', { ...club, points: 81 }))).toMatchObject({
    refusal: { code: 'insufficient_points', details: { spendable: 80 } },
  });
});
