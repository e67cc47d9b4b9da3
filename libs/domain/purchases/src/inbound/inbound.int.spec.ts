import { describeWithBroker } from '@loyalty/broker';
import type { KafkaClientName } from '@loyalty/event-log';
import { jest } from '@jest/globals';
import { InboundScene, purchase, returned, until } from './inbound.fixture.ts';

const CLIENTS: readonly KafkaClientName[] = ['kafkajs', 'platformatic'];
const event = (data: unknown, change: object = {}) => {
  const attributes = { specversion: '1.0', id: 'e-1', source: '/till', type: 'com.example.sale' };
  return { ...attributes, datacontenttype: 'application/json', data, ...change };
};

jest.setTimeout(120_000);

await describeWithBroker('the retailer’s topic', (brokers) => {
  describe.each(CLIENTS)('%s', (name) => {
    let scene: InboundScene;
    beforeEach(async () => {
      scene = await InboundScene.open(name, brokers, 2);
    });
    afterEach(() => scene.close());

    it('takes plain documents and CloudEvents, each once, from all partitions', async () => {
      await scene.start();
      await scene.send(0, [purchase('plain'), event(purchase('structured')), purchase('plain')]);
      await scene.send(1, [purchase('plain'), returned('back', 'plain')]);
      await scene.send(1, [purchase('binary')], { ce_specversion: '1.0', ce_id: '1', ce_type: 't', ce_source: '/' });
      await scene.send(1, [
        event(undefined, { data_base64: Buffer.from(JSON.stringify(purchase('bytes'))).toString('base64') }),
      ]);
      await until(async () => (await scene.recorded()).length === 5);
      await scene.taken();
      expect(await scene.recorded()).toEqual(['back', 'binary', 'bytes', 'plain', 'structured']);
      const again = await scene.ask('POST', 'purchases', purchase('plain'));
      expect([again.status, await scene.letters()]).toEqual([200, []]);
      expect(await scene.figures()).toMatchObject({ partitions: 2, lag: 0, deadLetters: 0, tooEarly: 0, lost: 0 });
    });

    it('keeps what cannot be recorded as dead letters with the reason, and publishes them; the others are recorded', async () => {
      await scene.start();
      const wrong = purchase('wrong', { lines: [{ item: 'coffee', quantity: 'two', unitPrice: '1' }] });
      const bad = [
        '{"source":',
        Buffer.from([0xff, 0xfe]),
        null,
        wrong,
        event(undefined),
        event(purchase('old'), { specversion: '0.3' }),
      ];
      await scene.send(0, [purchase('before'), ...bad, purchase('before', { store: 'harbour' }), purchase('after')], {
        trace: 'a',
      });
      await until(async () => (await scene.letters()).length === 7);
      expect(await scene.recorded()).toEqual(['after', 'before']);
      expect((await scene.letters()).map(({ offset, code, pointer }) => [offset, code, pointer])).toEqual([
        ['1', 'malformed_json', undefined],
        ['2', 'invalid_utf8', undefined],
        ['3', 'no_value', undefined],
        ['4', 'not_a_decimal', '/lines/0/quantity'],
        ['5', 'no_data', '/data'],
        ['6', 'unknown_specversion', '/specversion'],
        ['7', 'key_reused', undefined],
      ]);
      const published = await scene.published(7);
      expect(published.map(({ key, value }) => [key?.toString(), value])).toEqual(published.map(() => ['till', null]));
      const [first] = await scene.letters();
      expect(published[0]?.headers()).toEqual({
        'dead-letter-id': first?.id,
        'dead-letter-code': 'malformed_json',
        'dead-letter-pointer': '',
        'dead-letter-message': first?.message,
        'dead-letter-topic': scene.topic,
        'dead-letter-topic-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        'dead-letter-partition': '0',
        'dead-letter-offset': '1',
        'dead-letter-bytes': '10',
      });
      await until(async () => (await scene.letters()).every(({ publishedAt }) => publishedAt !== undefined));
      expect(await scene.figures()).toMatchObject({ deadLetters: 7 });
    });

    it('does not publish what tells who a member is', async () => {
      await scene.start();
      const bad = [
        purchase('personal', { member: 'kim@example.com' }),
        '{"member":"kim@example.com",',
        purchase('misplaced', { 'kim@example.com': true }),
      ];
      await scene.send(0, bad, { by: 'kim@example.com' });
      const published = await scene.published(3);
      const told = published.map(({ key, value, headers }) => `${key} ${value} ${JSON.stringify(headers())}`);
      expect(told.filter((text) => text.includes('kim'))).toEqual([]);
      // The database holds it in what was sent, for whoever has to correct it, and nowhere else.
      const letters = await Promise.all((await scene.letters()).map(({ id }) => scene.letter(id)));
      expect(letters.filter(({ message, pointer = '' }) => `${pointer} ${message}`.includes('kim'))).toEqual([]);
      expect(letters.filter(({ body }) => body?.includes('kim@example.com'))).toHaveLength(3);
    });

    it('goes on where it stopped, and what comes again after a crash in between is known', async () => {
      await scene.send(0, [purchase('a'), '?', purchase('b')]);
      await scene.start();
      await until(async () => (await scene.recorded()).length === 2);
      await scene.stop();
      await scene.send(0, [purchase('c'), '!']);
      await scene.sql('UPDATE purchases.inbound_offsets SET next = 1 WHERE partition = 0');
      await scene.start();
      await until(async () => (await scene.letters()).length === 2);
      expect([await scene.recorded(), (await scene.letters()).map(({ offset }) => offset)]).toEqual([
        ['a', 'b', 'c'],
        ['1', '4'],
      ]);
    });

    it('begins anew where the broker has lost what was read already', async () => {
      await scene.start();
      await scene.send(0, [purchase('a'), purchase('b')]);
      await until(async () => (await scene.recorded()).length === 2);
      await scene.stop();
      await scene.sql('UPDATE purchases.inbound_offsets SET next = 1000 WHERE partition = 0');
      await scene.start();
      await scene.taken();
      await scene.send(0, [purchase('c')]);
      await until(async () => (await scene.recorded()).length === 3);
      await until(async () => (await scene.nextOf(0)) === 3);
    });

    it('gives up one document that the database refuses, not the others; many are nobody’s fault and wait', async () => {
      await scene.sql(`
        CREATE FUNCTION purchases.sick() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'is ill'; END $$;
        CREATE TRIGGER sick BEFORE INSERT ON purchases.events FOR EACH ROW WHEN (NEW.subject LIKE 'm-sick%') EXECUTE FUNCTION purchases.sick()`);
      const sick = (n: number) => purchase(`sick-${n}`, { member: `m-sick-${n}` });
      await scene.start();
      await scene.send(0, [purchase('before'), sick(0), purchase('after')]);
      await until(async () => (await scene.letters()).length === 1);
      expect([await scene.recorded(), (await scene.letters())[0]?.code]).toEqual([
        ['after', 'before'],
        'internal_error',
      ]);
      await scene.send(
        1,
        Array.from({ length: 40 }, (_, n) => sick(n)),
      );
      await until(async () => (await scene.figures()).waiting?.includes('is ill') ?? false);
      expect(await scene.letters()).toHaveLength(1);
      await scene.sql('DROP TRIGGER sick ON purchases.events');
      await until(async () => (await scene.recorded()).length === 42);
      expect(await scene.letters()).toHaveLength(1);
    });

    it('goes on when PostgreSQL ends its connections', async () => {
      await scene.start();
      await scene.send(0, [purchase('a')]);
      await until(async () => (await scene.recorded()).length === 1);
      await scene.cutOff();
      await scene.send(0, [purchase('b')]);
      await scene.send(1, [purchase('c')]);
      await until(async () => (await scene.recorded()).length === 3);
    });

    it('reads a topic that was deleted and made again from its beginning', async () => {
      await scene.start();
      await scene.send(0, [purchase('a'), purchase('b'), purchase('c')]);
      await until(async () => (await scene.recorded()).length === 3);
      await scene.remakeTopic(3);
      await scene.send(0, [purchase('d')]);
      await until(async () => (await scene.recorded()).length === 4);
    });

    it('tells what the topic’s retention took before it was read, and goes on behind it', async () => {
      await scene.start();
      await scene.send(0, [purchase('a')]);
      await until(async () => (await scene.recorded()).length === 1);
      await scene.stop();
      await scene.send(0, [purchase('b'), purchase('c'), purchase('d')]);
      await scene.deleteBefore(0, 3);
      await scene.start();
      await until(async () => (await scene.recorded()).length === 2);
      expect(await scene.recorded()).toEqual(['a', 'd']);
      expect(await scene.figures()).toMatchObject({ lost: 2 });
    });

    it('tries a return again that came before the purchase it names', async () => {
      await scene.start();
      await scene.send(0, [returned('back', 'late')]);
      await until(async () => (await scene.figures()).tooEarly === 1);
      expect(await scene.letters()).toMatchObject([{ code: 'unknown_purchase', triedAgainAt: expect.any(String) }]);
      await scene.send(1, [purchase('late')]);
      await until(async () => (await scene.recorded()).length === 2);
      await until(async () => (await scene.letters('?state=resubmitted')).length === 1);
      expect([await scene.letters(), (await scene.figures()).tooEarly]).toEqual([[], 0]);
      expect((await scene.letters('?state=resubmitted'))[0]).toMatchObject({
        answer: { id: 'back', status: 'returned' },
      });
    });

    it('leaves a return to people whose purchase never comes', async () => {
      await scene.start();
      await scene.send(0, [returned('back', 'never')]);
      await until(async () => (await scene.figures()).tooEarly === 1);
      await scene.sql(
        "UPDATE purchases.dead_letters SET received = received - interval '2 days', again = clock_timestamp()",
      );
      await until(async () => (await scene.figures()).deadLetters === 1);
      expect((await scene.published(1))[0]?.headers()).toMatchObject({ 'dead-letter-code': 'unknown_purchase' });
    });
  });
});
