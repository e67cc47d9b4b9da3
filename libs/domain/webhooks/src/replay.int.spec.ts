import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { startReceiver, type Receiver } from './receiver.fixture.ts';
import { replay, type ReplayFrom } from './replay.ts';
import { eventually, happen, installForTests, startFollowing, subscribe, type Running } from './webhooks.fixture.ts';

let copy: TestDatabase;
let receiver: Receiver;
let running: Running;

beforeEach(async () => {
  copy = await testDatabase({ name: 'webhooks', prepare: installForTests });
  receiver = await startReceiver();
  await happen(
    copy.pool,
    'points',
    [1, 2, 3, 4, 5, 6, 7].map((day) => {
      return { type: 'points.earned.v1', subject: 'm-1', recorded: `2026-06-0${day}T00:00:00Z`, data: { day } };
    }),
  );
  await happen(copy.pool, 'tiers', [{ type: 'tier.changed.v1', subject: 'm-1', recorded: '2026-06-03T12:00:00Z' }]);
  await subscribe(copy.pool, 'crm', receiver.url);
  running = await startFollowing(copy);
});
afterEach(async () => {
  await running.close();
  await receiver.close();
  await copy.close();
});

const again = async (from: ReplayFrom) => {
  const places = await replay(copy.pool, running.follower.reach, 'crm', from);
  running.follower.wake();
  return places?.map(({ source, position }) => [source, position]);
};
const days = (): unknown[] =>
  receiver.got.filter(({ event }) => event.source === 'points').map(({ event }) => event.data['day']);

it.each([
  ['2026-06-04T00:00:00Z', [['points', 3]], [4, 5, 6, 7]],
  [
    '2026-06-03T00:00:00.001Z',
    [
      ['points', 3],
      ['tiers', 0],
    ],
    [4, 5, 6, 7],
  ],
  [
    '2020-01-01T00:00:00Z',
    [
      ['points', 0],
      ['tiers', 0],
    ],
    [1, 2, 3, 4, 5, 6, 7],
  ],
  ['2026-06-07T00:00:00Z', [['points', 6]], [7]],
])('from %s on, by recorded time', async (from, places, expected) => {
  expect(await again({ from: Date.parse(from) })).toEqual(places);
  await receiver.received(expected.length);
  await eventually(async () => days().length === expected.length);
  expect(days()).toEqual(expected);
});

it('from an instant after everything nothing is sent', async () => {
  expect(await again({ from: Date.parse('2026-06-07T00:00:00.001Z') })).toEqual([]);
});

it('behind a position of one log, and what is new comes after it', async () => {
  const { rows } = await copy.pool.query<{ shard: number }>('SELECT DISTINCT shard FROM points.events');
  expect(await again({ after: { source: 'points', shard: rows[0]?.shard ?? 0, position: 5 } })).toEqual([
    ['points', 5],
  ]);
  await happen(copy.pool, 'points', [{ type: 'points.earned.v1', subject: 'm-1', data: { day: 8 } }]);
  await receiver.received(3);
  expect(days()).toEqual([6, 7, 8]);
});
