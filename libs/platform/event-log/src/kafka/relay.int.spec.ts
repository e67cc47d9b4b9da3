import { jest } from '@jest/globals';
import { describeWithBroker, describeWithJars, LocalBroker } from '@loyalty/broker';
import kafkajs from 'kafkajs';
import { until } from '../contract/stage.ts';
import { eventOf } from './event-record.ts';
import type { KafkaClient, KafkaClientName } from './kafka-client.ts';
import { RelayScene, SHARDS, type RelayProcess } from './relay-scene.ts';

// A broker that is killed takes seconds to come back.
jest.setTimeout(120_000);

const CLIENTS: readonly KafkaClientName[] = ['kafkajs', 'platformatic'];
let count = 0;
const freshPrefix = () => `relay.${process.pid}.${Date.now()}.${++count}.`;

/** Waits before each sending, as a process does that is stopped for a while and goes on. */
const held =
  (gate: Promise<void>, reached: () => void) =>
  (client: KafkaClient): KafkaClient => ({
    partitionsOf: (topic) => client.partitionsOf(topic),
    describeTopic: (topic) => client.describeTopic(topic),
    createTopic: (topic, partitions, replication) => client.createTopic(topic, partitions, replication),
    offsetsOf: (topic) => client.offsetsOf(topic),
    feed: (topic, listener) => client.feed(topic, listener),
    close: () => client.close(),
    send: async (topic, partition, records) => {
      reached();
      await gate;
      return client.send(topic, partition, records);
    },
  });

async function deleteTopic(brokers: readonly string[], topic: string): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
}

await describeWithBroker('a relay', (brokers) => {
  describe.each(CLIENTS)('by %s', (name) => {
    let scenes: RelayScene[] = [];
    const open = async (prefix = freshPrefix()): Promise<RelayScene> => {
      const scene = await RelayScene.open(name, brokers, prefix);
      scenes.push(scene);
      return scene;
    };
    afterEach(async () => {
      for (const scene of scenes) await scene.close();
      scenes = [];
    });

    it('publishes shard n as partition n, each event once and in order, and what is written later', async () => {
      const scene = await open();
      await scene.say(60);
      await scene.relay();
      await scene.reader();
      await scene.say(60);
      await scene.allApplied();
      expect(await scene.applied()).toEqual(await scene.positions());
      for (const [shard, positions] of (await scene.positions()).entries()) {
        const events = (await scene.records(shard)).map(eventOf);
        expect(events.map(({ position }) => position)).toEqual(positions);
        expect(events.every((event) => event.shard === shard && event.source === 'mouth')).toBe(true);
      }
    });

    it('goes on behind the last record after it was killed', async () => {
      const scene = await open();
      await scene.say(40);
      const first = await scene.relay();
      await scene.allPublished();
      await first.die();
      await scene.say(40);
      await scene.relay();
      await scene.allPublished();
      const records = await Promise.all([0, 1].map((shard) => scene.records(shard)));
      expect(records.map((each) => each.map((record) => eventOf(record).position))).toEqual(await scene.positions());
    });

    it('does no harm when it is thought dead and sends later: identical duplicates, applied once', async () => {
      const scene = await open();
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      let reached = 0;
      await scene.say(40);
      const zombie = await scene.relay(held(gate, () => reached++));
      await until(() => reached === SHARDS);
      await zombie.die();
      await scene.relay();
      await scene.allPublished();
      release();
      const published = (await scene.positions()).flat().length;
      await until(async () => {
        const ranges = await scene.client.offsetsOf(scene.topic);
        return ranges.reduce((sum, { next }) => sum + next, 0) > published;
      });
      await scene.reader();
      await scene.say(40);
      await scene.allApplied();
      expect(await scene.applied()).toEqual(await scene.positions());
      const texts = new Map<number, Set<string>>();
      for (const record of await scene.records(0)) {
        const { position } = eventOf(record);
        texts.set(position, (texts.get(position) ?? new Set()).add(record.value?.toString() ?? ''));
      }
      expect([...texts.values()].every((each) => each.size === 1)).toBe(true);
    });

    it('refuses a topic with another number of partitions, and so does a reader', async () => {
      const scene = await open();
      await scene.client.createTopic(scene.topic, 3, 1);
      await scene.say(10);
      const relay = await scene.relay();
      const reader = await scene.reader();
      expect((await scene.state(relay, 'stopped')).reason).toContain('3 partitions, but the log has 2 shards');
      await until(() => reader.health().every(({ state }) => state === 'stopped'));
      expect(reader.health()[0]?.reason).toContain('3 partitions');
    });

    it('stops at a topic that holds another history, and adds nothing to it', async () => {
      const prefix = freshPrefix();
      const one = await open(prefix);
      await one.say(40);
      await one.relay();
      await one.allPublished();
      const before = await one.client.offsetsOf(one.topic);
      for (const events of [60, 20]) {
        const other = await open(prefix);
        await other.say(events);
        const relay = await other.relay();
        expect((await other.state(relay, 'stopped')).reason).toContain('holds another event');
      }
      expect(await one.client.offsetsOf(one.topic)).toEqual(before);
    });

    it('stops when two logs of the same service begin to publish in one topic at once', async () => {
      const prefix = freshPrefix();
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      let reached = 0;
      const relays: RelayProcess[] = [];
      for (const events of [20, 30]) {
        const scene = await open(prefix);
        await scene.say(events);
        relays.push(await scene.relay(held(gate, () => reached++)));
      }
      await until(() => reached === 2 * SHARDS);
      release();
      const stopped = () => relays.flatMap(({ relay }) => relay.health()).filter(({ state }) => state === 'stopped');
      await until(() => new Set(stopped().map(({ shard }) => shard)).size === SHARDS);
      expect(stopped()[0]?.reason).toContain('holds another event');
    });

    it('fills a topic again that was deleted, and readers go on where they were', async () => {
      const scene = await open();
      await scene.say(40);
      const first = await scene.relay();
      await scene.reader();
      await scene.allApplied();
      await first.die();
      await deleteTopic(brokers, scene.topic);
      await scene.say(40);
      await scene.relay();
      await scene.allApplied();
      expect(await scene.applied()).toEqual(await scene.positions());
    });
  });
});

await describeWithJars('a relay whose broker is killed', (jars) => {
  it.each(CLIENTS)('loses nothing and publishes on: %s', async (name) => {
    const broker = await LocalBroker.start({ jars });
    const scene = await RelayScene.open(name, broker.brokers, freshPrefix());
    try {
      const relay = await scene.relay();
      await scene.reader();
      await scene.say(50);
      await scene.allApplied();
      await scene.say(50);
      await broker.kill();
      await scene.say(50);
      await scene.state(relay, 'waiting');
      await broker.resume();
      await scene.say(50);
      await scene.allApplied();
      await until(() => relay.relay.health().every(({ state }) => state === 'running'), 20_000);
      expect(await scene.applied()).toEqual(await scene.positions());
    } finally {
      await scene.close();
      await broker.close();
    }
  });
});
