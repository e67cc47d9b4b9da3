import { describeWithBroker } from '@loyalty/broker';
import { openKafkaClient } from '@loyalty/event-log';
import { purchases } from '@loyalty/purchases';
import { installService } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { Retailer, type Produced } from '../retailer.ts';
import { inboundKept } from './inbound-kept.ts';

await describeWithBroker('what is kept of the retailer’s topic', (brokers) => {
  const name = `chaos.${process.pid}.${Date.now()}`;
  const topics = { inbound: name, deadLetters: `${name}.dead` };
  const never = new AbortController().signal;
  let database: TestDatabase;
  let retailer: Retailer;
  let malformed: readonly Produced[];

  const kept = () => inboundKept(database.pool, retailer, 0);
  const sql = (text: string, values: unknown[] = []) => database.pool.query(text, values);
  const letter = ({ partition, offset }: Pick<Produced, 'partition' | 'offset'>) =>
    sql(
      `INSERT INTO purchases.dead_letters (topic, topic_id, partition, at_offset, headers, code, pointer, message, published)
       VALUES ('t', gen_random_uuid(), $1, $2, '{}', 'malformed_json', '', '', now())`,
      [partition, offset],
    );

  beforeAll(async () => {
    database = await testDatabase();
    await installService(database.pool, purchases, 1);
    retailer = await Retailer.open(brokers, topics);
    for (let n = 1; n <= 5; n++) await retailer.send(`{"id":"${n}"}`, never);
    for (let n = 1; n <= 4; n++) await retailer.spoil(`bad-${n}`, never);
    malformed = retailer.acknowledged.filter(({ value }) => retailer.malformed.has(value));
    const client = await openKafkaClient('platformatic', { brokers, clientId: 'spec' });
    await client.createTopic(topics.deadLetters, 1, 1);
    const published = (id: number) => ({ key: null, value: null, headers: { 'dead-letter-id': String(id) } });
    await client.send(topics.deadLetters, 0, [1, 2, 3, 4, 5].map(published));
    await client.close();
  });
  afterAll(async () => {
    await retailer.close();
    await database.close();
  });
  beforeEach(async () => {
    await sql('TRUNCATE purchases.dead_letters, purchases.inbound_offsets RESTART IDENTITY');
    for (const each of malformed) await letter(each);
    await sql(
      `INSERT INTO purchases.inbound_offsets (topic_id, partition, topic, next) SELECT gen_random_uuid(), n, 't', 3 FROM generate_series(0, 2) AS n`,
    );
  });

  it('is nothing to complain of where every malformed record is a dead letter once', async () => {
    expect([malformed.length, await kept()]).toEqual([4, []]);
  });

  it.each([
    ['DELETE FROM purchases.dead_letters WHERE id = 2', /is no document, and no dead letter$/],
    [
      'UPDATE purchases.dead_letters SET partition = 0, at_offset = 0 WHERE id = 2',
      /^record 0\/0 is in order, and a dead/,
    ],
    [
      'ALTER TABLE purchases.dead_letters ALTER id RESTART WITH 9; UPDATE purchases.dead_letters SET published = NULL, id = DEFAULT WHERE id = 2',
      /^missing: dead letter 9 was not/,
    ],
    [
      'UPDATE purchases.inbound_offsets SET next = 2 WHERE partition = 1',
      /^partition 1 .* ends at 3, and was read to 2/,
    ],
    ['UPDATE purchases.inbound_offsets SET lost = 1 WHERE partition = 2', /^partition 2 .* 1 lost$/],
    ['DELETE FROM purchases.inbound_offsets', /was read to 0/],
  ])('shows %s', async (broken, violation) => {
    await sql(broken);
    expect(await kept()).toContainEqual(expect.stringMatching(violation));
  });

  it('shows a record that is two dead letters, and one that the broker has lost', async () => {
    await letter(malformed[0] as Produced);
    expect(await kept()).toEqual(['applied twice: some record is two dead letters']);
    retailer.acknowledged.push({ partition: 1, offset: 99, value: 'gone' });
    expect(await kept()).toContain('missing: record 1/99 was acknowledged by the broker');
  });
});
