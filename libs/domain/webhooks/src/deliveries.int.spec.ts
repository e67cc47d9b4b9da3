import { Webhook } from 'standardwebhooks';
import { PATIENCE } from './core/verdict.ts';
import { status } from './receiver.fixture.ts';
import { earned, stage, type Stage } from './stage.fixture.ts';
import { rotateSecret } from './webhook-store.ts';
import { eventually, happen, happenEverywhere, subscribe } from './webhooks.fixture.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let set: Stage;
beforeEach(async () => {
  set = await stage();
});
afterEach(() => set.close());

it('what is recorded from then on is sent, signed, and nothing that was before', async () => {
  await happen(set.copy.pool, 'points', [earned('m-0')]);
  const secret = await subscribe(set.copy.pool, 'crm', set.receiver.url, ['points.*']);
  await set.start();
  await happen(set.copy.pool, 'points', [earned('m-1', 37)]);
  await happen(set.copy.pool, 'tiers', [{ type: 'tier.changed.v1', subject: 'm-1' }]);
  const [got] = await set.receiver.received(1);
  new Webhook(secret).verify(got?.body ?? '', got?.headers ?? {});
  expect(got?.headers).toMatchObject({ 'content-type': 'application/cloudevents+json; charset=utf-8' });
  expect(got?.event).toMatchObject({ type: 'points.earned.v1', subject: 'm-1', data: { points: 37 } });
  expect(got?.headers['webhook-id']).toBe(got?.event.id);
  await eventually(async () => (await set.shown())?.deliveredAt !== undefined);
  expect(set.receiver.got).toHaveLength(1);
});

it('an event that stands in every shard is sent once', async () => {
  await subscribe(set.copy.pool, 'crm', set.receiver.url);
  await set.start();
  await happenEverywhere(set.copy.pool, 'tiers', { type: 'program.published.v1', subject: 'program:club' });
  await happen(
    set.copy.pool,
    'tiers',
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((subject) => ({ type: 'tier.changed.v1', subject })),
  );
  await set.receiver.received(9);
  expect(set.receiver.got.filter(({ event }) => event.type === 'program.published.v1')).toHaveLength(1);
});

it('what fails is tried again with growing pauses under the same id, and the member’s later events wait', async () => {
  const secret = await subscribe(set.copy.pool, 'crm', set.receiver.url);
  set.receiver.answer = status(500);
  await set.start();
  await happen(set.copy.pool, 'points', [earned('m-1', 1), earned('m-1', 2)]);
  for (const [i, pause] of [5_000, 10_000].entries()) {
    await eventually(async () => (await set.due('m-1')) === set.now + pause);
    set.now += pause;
    if (i === 1) set.receiver.answer = status(200);
    await set.receiver.received(i + 2);
  }
  await set.receiver.received(4);
  expect(set.receiver.got.map(({ event }) => event.data['points'])).toEqual([1, 1, 1, 2]);
  expect(new Set(set.receiver.got.slice(0, 3).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(set.receiver.got.slice(0, 3).map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
  const last = set.receiver.got[3];
  // Its own clock has moved on; the library compares with the machine's, a quarter of a minute is within its tolerance.
  new Webhook(secret).verify(last?.body ?? '', last?.headers ?? {});
  await eventually(async () => (await set.attempts()).length === 4);
  expect((await set.attempts()).map(({ outcome, attempt, status: code }) => [outcome, attempt, code])).toEqual([
    ['failed', 1, 500],
    ['failed', 2, 500],
    ['delivered', 3, 200],
    ['delivered', 1, 200],
  ]);
});

it('one member’s event that is refused holds up nobody else, and is given up after three days', async () => {
  await subscribe(set.copy.pool, 'crm', set.receiver.url);
  set.receiver.answer = ({ event }, response) => void response.writeHead(event.data['points'] === 13 ? 422 : 204).end();
  await set.start();
  await happen(set.copy.pool, 'points', [earned('m-1', 13), earned('m-1', 14), earned('m-2')]);
  await eventually(async () => set.receiver.got.some(({ event }) => event.subject === 'm-2'));
  for (let hours = 0; hours <= 80; hours += 5) {
    const tried = (await set.attempts()).filter(({ subject }) => subject === 'm-1').length;
    set.now += 5 * HOUR;
    await happen(set.copy.pool, 'points', [earned('m-3', hours)]);
    await eventually(async () =>
      set.receiver.got.some(({ event }) => event.subject === 'm-3' && event.data['points'] === hours),
    );
    if ((await set.attempts()).some(({ outcome }) => outcome === 'given_up')) break;
    await eventually(async () => (await set.attempts()).filter(({ subject }) => subject === 'm-1').length > tried);
  }
  await eventually(async () => set.receiver.got.some(({ event }) => event.data['points'] === 14));
  expect((await set.attempts()).filter(({ outcome }) => outcome === 'given_up')).toHaveLength(1);
  expect(await set.shown()).toMatchObject({ enabled: true });
});

it('a slow receiver does not slow another', async () => {
  await subscribe(set.copy.pool, 'slow', set.receiver.url);
  await subscribe(set.copy.pool, 'swift', set.other.url);
  set.receiver.answer = () => undefined;
  await set.start({ timeout_ms: 60_000, deliveries: 16 });
  const members = Array.from({ length: 60 }, (_, i) => `m-${i}`);
  await happen(
    set.copy.pool,
    'points',
    members.map((member) => earned(member)),
  );
  await set.other.received(60);
  // No more at once than one receiver may have, however many wait.
  expect(set.receiver.got.length).toBeLessThanOrEqual(8);
});

it('a queue that is full is left as it is, and what follows waits in the log until there is room', async () => {
  await subscribe(set.copy.pool, 'crm', set.receiver.url, ['points.*']);
  set.receiver.answer = () => undefined;
  await set.start({ timeout_ms: 60_000 });
  await happen(
    set.copy.pool,
    'points',
    Array.from({ length: 5_500 }, (_, i) => earned('m-1', i)),
  );
  await eventually(async () => (await set.queued()) === 5_500);
  await happen(set.copy.pool, 'points', [earned('m-1', 5_500), earned('m-1', 5_501)]);
  await eventually(async () => (await set.shown())?.behind ?? false);
  expect(await set.queued()).toBe(5_500);
  set.receiver.answer = status(204);
  await set.copy.pool.query('DELETE FROM webhooks.queue WHERE position < 5500');
  await set.running?.close();
  await set.start();
  await set.receiver.received(4);
  expect(set.receiver.got.slice(1).map(({ event }) => event.data['points'])).toEqual([5_499, 5_500, 5_501]);
  await eventually(async () => (await set.shown())?.behind === false);
});

it('a stop gives back what was under way: the next process sends it at once', async () => {
  await subscribe(set.copy.pool, 'crm', set.receiver.url);
  set.receiver.answer = () => undefined;
  await set.start({ timeout_ms: 60_000 });
  await happen(set.copy.pool, 'points', [earned('m-1')]);
  await set.receiver.received(1);
  await set.running?.close();
  expect(await set.attempts()).toEqual([]);
  set.receiver.answer = status(204);
  await set.start({ timeout_ms: 60_000 });
  await set.receiver.received(2);
});

it('deliveries carry both signatures while a secret is being changed', async () => {
  const before = await subscribe(set.copy.pool, 'crm', set.receiver.url);
  const after = await rotateSecret(set.copy.pool, 'crm', set.now + HOUR, set.now);
  await set.start();
  await happen(set.copy.pool, 'points', [earned('m-1')]);
  const [got] = await set.receiver.received(1);
  for (const secret of [before, after ?? '']) new Webhook(secret).verify(got?.body ?? '', got?.headers ?? {});
  set.now += HOUR;
  await happen(set.copy.pool, 'points', [earned('m-1')]);
  await set.receiver.received(2);
  expect(set.receiver.got[1]?.headers['webhook-signature']).not.toContain(' ');
});

it('attempts are kept for a week', async () => {
  await subscribe(set.copy.pool, 'crm', set.receiver.url);
  await set.start();
  await happen(set.copy.pool, 'points', [earned('m-1')]);
  await eventually(async () => (await set.attempts()).length === 1);
  set.now += 7 * DAY + 1_000;
  await eventually(async () => (await set.attempts()).length === 0);
  expect(PATIENCE.event_ms).toBeLessThan(7 * DAY);
});
