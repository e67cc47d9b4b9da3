import { describeWithBroker } from '@loyalty/broker';
import type { StoredEvent } from '@loyalty/kernel';
import { events } from '../contract/contract-world.ts';
import { until } from '../contract/stage.ts';
import { recordOf } from './event-record.ts';
import { openKafkaClient, type KafkaClient, type KafkaClientName } from './kafka-client.ts';
import { SourceTopic } from './source-topic.ts';
import { ensureTopic } from './topic.ts';

const SHARDS = 3;
const TIMEOUT_MS = 30_000;
/** As `events` dates them. */
const recordedMs = (position: number): number => 1_700_000_000_000 + position / 1_000;

/** In shard 0 positions 1 to 10, then 6 to 15 by a relay that was thought dead; in shard 1 only 1 to 3; nothing in shard 2. */
function published(): StoredEvent[][] {
  const all = events('mouth', 0, 1, 15);
  return [all.slice(0, 10), all.slice(5, 15), events('mouth', 1, 1, 3)];
}

await describeWithBroker('a topic looked at from outside', (brokers) => {
  describe.each<KafkaClientName>(['kafkajs', 'platformatic'])('by %s', (name) => {
    const topic = `looked.${name}.${process.pid}.${Date.now()}`;
    let client: KafkaClient;
    let log: SourceTopic;
    beforeAll(async () => {
      client = await openKafkaClient(name, { brokers, clientId: 'looker' });
      await ensureTopic(client, topic, { shards: SHARDS, replication: 1 });
      for (const batch of published()) await client.send(topic, batch[0]?.shard ?? 0, batch.map(recordOf));
    }, TIMEOUT_MS);
    beforeEach(() => (log = new SourceTopic(client, topic)));
    afterAll(() => client.close());

    it('ends where its last events are, however many records there are', async () => {
      expect(await log.shards()).toBe(SHARDS);
      const ends = await log.ends();
      expect(ends.map(({ shard, position }) => [shard, position])).toEqual([
        [0, 15],
        [1, 3],
      ]);
      expect(ends[0]?.hash).toBe(published()[1]?.at(-1)?.hash);
    });

    it('gives any stretch, each event once and in order', async () => {
      const positions = async (stretch: object) => {
        const found = await log.read({ shard: 0, after: 0, positions: 100, events: 100, ...stretch });
        return [found.events.map(({ position }) => position), found.reached];
      };
      expect(await positions({ after: 4 })).toEqual([[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 15]);
      expect(await positions({ after: 8, positions: 4 })).toEqual([[9, 10, 11, 12], 12]);
      expect(await positions({ after: 2, types: new Set(['thing.ended.v1']), events: 3 })).toEqual([[3, 6, 9], 9]);
      expect(await positions({ after: 15 })).toEqual([[], 15]);
      expect(await positions({ after: 40 })).toEqual([[], 40]);
      expect(await positions({ shard: 2 })).toEqual([[], 0]);
    });

    it.each([
      [0, [0, 0]],
      [3, [2, 2]],
      [4, [3]],
      [6, [5]],
      [8, [7]],
      [10, [9]],
      [11, [10]],
      [15, [14]],
      [16, []],
    ])('finds what was recorded from position %i on', async (position, before) => {
      expect([...(await log.positionsBefore(recordedMs(position))).values()]).toEqual(before);
    });

    it('tells watchers at once, and soon exactly', async () => {
      expect((await log.heads()).get(1)).toBe(3);
      await until(async () => (await log.heads()).get(0) === 15);
      log.saw({ shard: 0, position: 8 }, 7);
      expect((await log.heads()).get(0)).toBe(20);
      await until(async () => (await log.heads()).get(0) === 15);
      log.saw({ shard: 0, position: 15 }, 19);
      expect([...(await log.heads())]).toEqual([
        [0, 15],
        [1, 3],
        [2, 0],
      ]);
    });

    it('that is not there is no log yet', async () => {
      const none = new SourceTopic(client, `${topic}.none`);
      expect([await none.shards(), await none.ends(), await none.heads()]).toEqual([undefined, [], new Map()]);
    });
  });
});
