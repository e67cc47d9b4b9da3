import { describeWithBroker } from '@loyalty/broker';
import type { KafkaClientName } from '@loyalty/event-log';
import { FarScene } from './far.fixture.ts';
import { startReceiver, status, type Receiver } from './receiver.fixture.ts';
import { replay } from './replay.ts';
import { changeWebhook, findWebhook } from './webhook-store.ts';
import { eventually } from './webhooks.fixture.ts';

const TIMEOUT_MS = 60_000;

await describeWithBroker('webhooks with a database of their own', (brokers) => {
  describe.each<KafkaClientName>(['kafkajs', 'platformatic'])('by %s', (name) => {
    let scene: FarScene;
    let receiver: Receiver;
    beforeEach(async () => {
      receiver = await startReceiver();
      scene = await FarScene.open(name, brokers);
    }, TIMEOUT_MS);
    afterEach(async () => {
      await scene.close();
      await receiver.close();
    }, TIMEOUT_MS);

    const day = (n: number) => {
      return { type: 'points.earned.v1', subject: 'm-1', recorded: `2026-06-0${n}T00:00:00Z`, data: { day: n } };
    };
    const days = (): unknown[] => receiver.got.map(({ event }) => event.data['day']);
    const idle = () => eventually(async () => (await scene.pool.query('SELECT FROM webhooks.queue')).rowCount === 0);
    const known = () => findWebhook(scene.pool, 'crm');

    it(
      'get what is published after the first was made, word for word but for sealed fields',
      async () => {
        await scene.publish('points', day(1), day(2));
        await scene.start();
        await scene.subscribe('crm', receiver.url);
        await scene.publish('points', day(3));
        const answered = { id: 'a-1', comment: { sealed: 'c2VhbGVk' }, score: 2 };
        await scene.publish('feedback', { type: 'feedback.answered.v1', subject: 'm-1', data: answered });
        await receiver.received(2);
        const [earned, said] = receiver.got.toSorted((a, b) => b.event.type.localeCompare(a.event.type));
        expect(earned?.event).toMatchObject({ source: 'points', position: '3', data: { day: 3 } });
        expect(said?.event.data).toEqual({ id: 'a-1', score: 2 });
        await eventually(async () => (await known())?.deliveredAt);
        expect(scene.follower.troubles).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'catch up from the topics with what came while they were disabled',
      async () => {
        await scene.start();
        await scene.subscribe('crm', receiver.url);
        await scene.publish('points', day(1));
        await receiver.received(1);
        await idle();
        await changeWebhook(scene.pool, 'crm', { enabled: false }, Date.now());
        await scene.publish('points', day(2), day(3), day(4));
        await eventually(async () => (await known())?.behind);
        await changeWebhook(scene.pool, 'crm', { enabled: true }, Date.now());
        await receiver.received(4);
        await scene.publish('points', day(5));
        await receiver.received(5);
        expect(days()).toEqual([1, 2, 3, 4, 5]);
      },
      TIMEOUT_MS,
    );

    it(
      'send again from an instant, or behind a position',
      async () => {
        await scene.start();
        await scene.subscribe('crm', receiver.url);
        await scene.publish('points', day(1), day(2), day(3));
        await receiver.received(3);
        const again = async (from: Parameters<typeof replay>[3]) => {
          const places = await replay(scene.pool, scene.follower.reach, 'crm', from);
          scene.follower.wake();
          return places?.map(({ source, position }) => [source, position]);
        };
        await idle();
        expect(await again({ from: Date.parse('2026-06-02T00:00:00Z') })).toEqual([['points', 1]]);
        await receiver.received(5);
        await idle();
        const [place] = (await replay(scene.pool, scene.follower.reach, 'crm', { from: 0 })) ?? [];
        scene.follower.wake();
        await receiver.received(8);
        await idle();
        expect(days()).toEqual([1, 2, 3, 2, 3, 1, 2, 3]);
        const shard = place?.shard ?? -1;
        expect(await again({ after: { source: 'points', shard, position: 2 } })).toEqual([['points', 2]]);
        await receiver.received(9);
        expect(days().at(-1)).toBe(3);
      },
      TIMEOUT_MS,
    );

    it(
      'lose nothing that waits for a receiver, also what was queued while its log was in their database',
      async () => {
        receiver.answer = status(500);
        await scene.start();
        await scene.subscribe('crm', receiver.url);
        await scene.publish('points', day(1), day(2));
        await receiver.received(1);
        await eventually(async () => (await known())?.failures === 1);
        const waiting = await scene.pool.query('UPDATE webhooks.queue SET message = NULL');
        expect(waiting.rowCount).toBe(2);
        receiver.answer = status(204);
        await scene.pool.query('UPDATE webhooks.lanes SET due = now()');
        scene.follower.wake();
        await receiver.received(3);
        expect(days()).toEqual([1, 1, 2]);
      },
      TIMEOUT_MS,
    );
  });
});
