import { describeWithBroker, describeWithJars, LocalBroker, Proxy } from '@loyalty/broker';
import kafkajs from 'kafkajs';
import { openKafkaClient, type KafkaClient, type KafkaClientName, type KafkaRecord } from './kafka-client.ts';

const CLIENTS: readonly KafkaClientName[] = ['kafkajs', 'platformatic'];
const record = (text: string) => ({ key: 'k', value: text, headers: { n: '1' } });

class Collected {
  readonly #got: string[] = [];
  #look: () => void = () => undefined;

  records(partition: number, records: readonly KafkaRecord[]): void {
    for (const { offset, value } of records) this.#got.push(`${partition}:${offset} ${value?.toString() ?? ''}`);
    this.#look();
  }

  async count(wanted: number): Promise<string[]> {
    while (this.#got.length < wanted) await new Promise<void>((resolve) => (this.#look = resolve));
    return [...this.#got];
  }
}

await describeWithBroker('a Kafka client', (brokers) => {
  describe.each(CLIENTS)('%s', (name) => {
    let client: KafkaClient;
    let count = 0;
    beforeAll(async () => {
      client = await openKafkaClient(name, { brokers, clientId: 'client-contract' });
    });
    afterAll(() => client.close());

    async function topicWith(partitions: number): Promise<string> {
      const topic = `client.${name}.${process.pid}.${Date.now()}.${++count}`;
      await client.createTopic(topic, partitions, 1);
      return topic;
    }

    async function deleteBefore(topic: string, offset: number): Promise<void> {
      const admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
      await admin.connect();
      // It finds the topic's broker by what it has asked before.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
      await admin.disconnect();
    }

    it('makes topics once, and knows their partitions', async () => {
      expect(await client.partitionsOf(`nowhere.${name}`)).toBeUndefined();
      const topic = await topicWith(3);
      await client.createTopic(topic, 5, 1);
      expect(await client.partitionsOf(topic)).toBe(3);
    });

    it('knows a topic that was deleted and made again from the one before', async () => {
      expect(await client.describeTopic(`nowhere.${name}`)).toBeUndefined();
      const topic = await topicWith(1);
      const before = await client.describeTopic(topic);
      const admin = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [topic] });
      while ((await client.partitionsOf(topic)) !== undefined);
      await client.createTopic(topic, 2, 1);
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
      while ((await client.partitionsOf(topic)) !== 3);
      await admin.disconnect();
      const after = await client.describeTopic(topic);
      expect(before).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), partitions: 1 });
      expect(after).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), partitions: 3 });
      expect(after?.id).not.toBe(before?.id);
    });

    it('keeps bytes, headers, and what is not there, as they were sent', async () => {
      const topic = await topicWith(1);
      const bytes = Buffer.from([0, 255, 13, 10, 128]);
      await client.send(topic, 0, [
        { key: bytes, value: bytes, headers: { reason: 'zu früh', empty: '' } },
        { key: null, value: null, headers: {} },
        { key: '', value: '', headers: {} },
      ]);
      const got: KafkaRecord[] = [];
      await new Promise<void>((resolve) => {
        void client
          .feed(topic, { records: (_, records) => void (got.push(...records) >= 3 && resolve()) })
          .then((feed) => feed.read(0, 0));
      });
      expect(got.map((each) => ({ ...each, headers: each.headers() }))).toEqual([
        { offset: 0, key: bytes, value: bytes, headers: { reason: 'zu früh', empty: '' } },
        { offset: 1, key: null, value: null, headers: {} },
        { offset: 2, key: Buffer.alloc(0), value: Buffer.alloc(0), headers: {} },
      ]);
    });

    it('tells offsets, and gives records in order from where it is asked, pausing and going on', async () => {
      const topic = await topicWith(2);
      expect(await client.send(topic, 0, [record('a'), record('b')])).toBe(0);
      expect(await client.send(topic, 0, [record('c')])).toBe(2);
      expect(await client.send(topic, 1, [record('x')])).toBe(0);
      expect(await client.offsetsOf(topic)).toEqual([
        { first: 0, next: 3 },
        { first: 0, next: 1 },
      ]);
      const got = new Collected();
      const feed = await client.feed(topic, got);
      feed.read(0, 1);
      expect(await got.count(2)).toEqual(['0:1 b', '0:2 c']);
      feed.pause(0);
      await client.send(topic, 0, [record('d')]);
      feed.read(1, 0);
      expect(await got.count(3)).toEqual(['0:1 b', '0:2 c', '1:0 x']);
      feed.read(0, 2);
      expect((await got.count(5)).slice(3)).toEqual(['0:2 c', '0:3 d']);
      await feed.close();
    });

    it('patient, waits for many records, but not for ever', async () => {
      const topic = await topicWith(2);
      const got = new Collected();
      const feed = await client.feed(topic, got, { patient: true });
      feed.read(0, 0);
      feed.read(1, 0);
      await client.send(topic, 1, [record('a')]);
      expect(await got.count(1)).toEqual(['1:0 a']);
      const large = 'x'.repeat(1_000);
      await client.send(
        topic,
        0,
        Array.from({ length: 200 }, () => record(large)),
      );
      expect(await got.count(201)).toHaveLength(201);
      await feed.close();
    });

    it('waits for an offset that is not there yet, and goes on at the first that is left where older ones are gone', async () => {
      const topic = await topicWith(2);
      await client.send(topic, 0, ['a', 'b', 'c', 'd'].map(record));
      await deleteBefore(topic, 2);
      const got = new Collected();
      const feed = await client.feed(topic, got);
      feed.read(1, 2);
      feed.read(0, 0);
      expect(await got.count(2)).toEqual(['0:2 c', '0:3 d']);
      await client.send(topic, 1, ['x', 'y'].map(record));
      await client.send(topic, 1, ['z'].map(record));
      expect(await got.count(3)).toEqual(['0:2 c', '0:3 d', '1:2 z']);
      await feed.close();
    });
  });
});

await describeWithJars('a Kafka client whose answers get lost', (jars) => {
  it.each(CLIENTS)('loses nothing that it acknowledged: %s', async (name) => {
    const proxy = await Proxy.open();
    const broker = await LocalBroker.start({ jars, advertisedPort: proxy.port });
    proxy.forwardTo(broker.port);
    const client = await openKafkaClient(name, { brokers: broker.brokers, clientId: 'lost-answers' });
    try {
      await client.createTopic('t', 1, 1);
      const acknowledged: string[] = [];
      for (let n = 0; n < 9; n++) {
        const texts = [`a${n}`, `b${n}`];
        // Once so long that no client goes on trying: it has to say that it does not know.
        const lost = n % 2 === 1 ? proxy.swallowAnswer(1_000, n === 3 ? Infinity : 2) : undefined;
        const sent = client.send(
          't',
          0,
          texts.map((text) => record(text.padEnd(600, '.'))),
        );
        await sent.then(
          () => acknowledged.push(...texts),
          () => undefined,
        );
        await lost;
        proxy.refuse(0);
      }
      const [{ next } = { next: 0 }] = await client.offsetsOf('t');
      const got = new Collected();
      const feed = await client.feed('t', got);
      feed.read(0, 0);
      const texts = (await got.count(next)).map((each) => each.slice(each.indexOf(' ') + 1).replaceAll('.', ''));
      await feed.close();
      // Each is there, and where it first stands it keeps the order.
      expect([...new Set(texts)].filter((text) => acknowledged.includes(text))).toEqual(acknowledged);
      expect(acknowledged.length).toBeGreaterThanOrEqual(10);
      expect(acknowledged).toContain('b8');
    } finally {
      await client.close();
      await proxy.close();
      await broker.close();
    }
  });

  it.each(CLIENTS)('goes on after half an answer: %s', async (name) => {
    const proxy = await Proxy.open();
    const broker = await LocalBroker.start({ jars, advertisedPort: proxy.port });
    proxy.forwardTo(broker.port);
    const client = await openKafkaClient(name, { brokers: broker.brokers, clientId: 'half-answers' });
    try {
      await client.createTopic('t', 1, 1);
      for (let n = 0; n < 5; n++) {
        const halved = proxy.halve('answer');
        await Promise.all([halved, client.send('t', 0, [record(`lost ${n}`)]).catch(() => undefined)]);
        await client.send('t', 0, [record(`kept ${n}`)]);
      }
      const [{ next } = { next: 0 }] = await client.offsetsOf('t');
      const got = new Collected();
      const feed = await client.feed('t', got);
      feed.read(0, 0);
      const texts = (await got.count(next)).map((each) => each.slice(each.indexOf(' ') + 1));
      await feed.close();
      expect(texts).toEqual(expect.arrayContaining(['kept 0', 'kept 1', 'kept 2', 'kept 3', 'kept 4']));
    } finally {
      await client.close();
      await proxy.close();
      await broker.close();
    }
  });
});
