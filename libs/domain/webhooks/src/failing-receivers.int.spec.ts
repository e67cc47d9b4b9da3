import { startReceiver, status } from './receiver.fixture.ts';
import { earned, stage, type Stage } from './stage.fixture.ts';
import { changeWebhook } from './webhook-store.ts';
import { eventually, happen, subscribe } from './webhooks.fixture.ts';

const HOUR = 3_600_000;

let set: Stage;
beforeEach(async () => {
  set = await stage();
});
afterEach(() => set.close());

describe('a receiver that', () => {
  const failing = async (): Promise<string | undefined> => {
    await happen(set.copy.pool, 'points', [earned('m-1')]);
    return eventually(async () => (await set.attempts()).at(-1)?.reason);
  };

  it('stalls is cut off', async () => {
    await subscribe(set.copy.pool, 'crm', set.receiver.url);
    set.receiver.answer = () => undefined;
    await set.start();
    expect(await failing()).toBe('no answer in 300 ms');
  });

  it('closes the connection is tried again', async () => {
    await subscribe(set.copy.pool, 'crm', set.receiver.url);
    set.receiver.answer = (_, response) => void response.socket?.destroy();
    await set.start();
    expect(await failing()).toBe('socket hang up');
  });

  it('is not there is tried again', async () => {
    await subscribe(set.copy.pool, 'crm', set.receiver.url);
    await set.receiver.close();
    await set.start();
    expect(await failing()).toContain('ECONNREFUSED');
    set.receiver = await startReceiver();
  });

  it('redirects is not followed', async () => {
    await subscribe(set.copy.pool, 'crm', set.receiver.url);
    set.receiver.answer = status(307, { location: set.other.url });
    await set.start();
    expect(await failing()).toBe('answered 307: redirects are not followed, change the url instead');
    expect(set.other.got).toHaveLength(0);
  });

  it('answers and then stalls in its body has taken the event', async () => {
    await subscribe(set.copy.pool, 'crm', set.receiver.url);
    set.receiver.answer = (_, response) => void response.writeHead(200).write('so far');
    await set.start();
    await happen(set.copy.pool, 'points', [earned('m-1', 1), earned('m-1', 2)]);
    await set.receiver.received(2);
    expect(set.receiver.got.map(({ event }) => event.data['points'])).toEqual([1, 2]);
  });

  it('answers 410 is disabled at once; enabled again it gets everything since', async () => {
    await subscribe(set.copy.pool, 'crm', set.receiver.url);
    set.receiver.answer = status(410);
    await set.start({ logger: { log: () => undefined, warn: () => undefined, error: () => undefined } });
    await happen(set.copy.pool, 'points', [earned('m-1', 1)]);
    await eventually(async () => (await set.shown())?.disabledBecause === 'gone');
    await happen(set.copy.pool, 'points', [earned('m-1', 2), earned('m-2', 3)]);
    await happen(set.copy.pool, 'feedback', [{ type: 'case.opened.v1', subject: 'm-3', data: { points: 4 } }]);
    await eventually(async () => ((await set.shown())?.behind ?? false) && (await set.queued()) === 0);
    expect(set.receiver.got).toHaveLength(1);
    set.receiver.answer = status(204);
    await changeWebhook(set.copy.pool, 'crm', { enabled: true }, set.now);
    await set.receiver.received(5);
    expect(
      set.receiver.got
        .slice(1)
        .map(({ event }) => event.data['points'])
        .toSorted(),
    ).toEqual([1, 2, 3, 4]);
    await eventually(async () => (await set.shown())?.behind === false);
  });

  it('answers 429 with Retry-After is left alone for so long, for all members', async () => {
    await subscribe(set.copy.pool, 'crm', set.receiver.url);
    set.receiver.answer = status(429, { 'retry-after': '60' });
    await set.start();
    await happen(set.copy.pool, 'points', [earned('m-1')]);
    await eventually(async () => (await set.shown())?.pausedUntil !== undefined);
    await happen(set.copy.pool, 'points', [earned('m-2')]);
    await eventually(async () => (await set.queued()) === 2);
    expect((await set.shown())?.pausedUntil).toBe(new Date(set.now + 60_000).toISOString());
    set.receiver.answer = status(204);
    set.now += 60_000;
    await set.receiver.received(3);
    expect(set.receiver.got).toHaveLength(3);
    await eventually(async () => (await set.shown())?.failures === 0);
  });

  it('takes nothing for a day is disabled, told in the log, and nothing is lost', async () => {
    const told: string[] = [];
    await subscribe(set.copy.pool, 'crm', set.receiver.url);
    set.receiver.answer = status(503);
    await set.start({
      logger: { log: () => undefined, warn: () => undefined, error: (line: string) => void told.push(line) },
    });
    await happen(set.copy.pool, 'points', [earned('m-1', 1), earned('m-2', 2)]);
    while ((await set.shown())?.enabled) {
      set.now += 2 * HOUR;
      const before = set.receiver.got.length;
      await eventually(async () => set.receiver.got.length > before || !(await set.shown())?.enabled);
      await eventually(async () => (await set.attempts()).length === set.receiver.got.length);
    }
    expect(await set.shown()).toMatchObject({
      enabled: false,
      disabledBecause: 'failing',
      failure: 'answered 503',
      behind: true,
    });
    expect(told).toEqual([expect.stringContaining('the webhook crm is disabled (failing): answered 503')]);
    expect(told.join()).not.toContain(set.receiver.url);
    set.receiver.got.length = 0;
    set.receiver.answer = status(204);
    await changeWebhook(set.copy.pool, 'crm', { enabled: true }, set.now);
    set.running?.follower.wake();
    await set.receiver.received(2);
    expect(set.receiver.got.map(({ event }) => event.data['points']).toSorted()).toEqual([1, 2]);
  });
});
