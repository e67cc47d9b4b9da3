import { discardParked, retryParked } from '../parked.ts';
import type { Handlers } from '../translate.ts';
import { events, type Noted } from './contract-world.ts';
import { CONSUMER, note, range, until, type Stage } from './stage.ts';

/** One event that fails must not hold up the others, and its member's later events must not overtake it. */
export function parkingContract(stage: Stage): void {
  describe.each(['the writer', 'a handler'])('poison refused by %s', (where) => {
    let bad = new Set<string>();
    const fails = ({ subject }: { subject: string }) => {
      if (bad.has(subject)) throw new TypeError(`cannot stand ${subject}`);
    };
    const failing: Handlers<Noted> = {
      'thing.begun.v1': (batch) => batch.map((event) => (fails(event), note(event))),
      'thing.ended.v1': async (batch) => batch.map((event) => (fails(event), note(event))),
    };
    const poisoned = (batchEvents = 7) =>
      where === 'a handler'
        ? stage.start('a', {}, { handlers: failing, batchEvents })
        : stage.start('a', { decide: fails }, { batchEvents });

    it('is parked with its reason, its member behind it, and the others go on', async () => {
      bad = new Set(['m0.2']);
      await stage.deliver(0, 1, 30);
      await poisoned();
      await stage.reaches(0, 24);
      await until(async () => (await stage.parked()).length === 6);
      expect(await stage.applied(0)).toEqual(range(1, 30).filter((position) => position % 5 !== 2));
      const parked = await stage.parked();
      expect(parked.map(({ position }) => position)).toEqual([2, 7, 12, 17, 22, 27]);
      expect(parked[0]).toMatchObject({ subject: 'm0.2', attempts: 5, reason: 'TypeError: cannot stand m0.2' });
      expect(parked[1]).toMatchObject({ attempts: 0, reason: expect.stringContaining('waits behind') });
      expect(parked[0]?.event).toEqual(events(stage.source, 0, 2, 1)[0]);
    });

    it('is released in order by a retry, once, and the member runs freely again', async () => {
      bad = new Set(['m0.2']);
      await stage.deliver(0, 1, 30);
      const { reactor, writer } = await poisoned();
      await until(() => reactor.health()[0]?.position === 30);
      const again = {
        pool: stage.world.pool,
        schema: 'consumer',
        consumer: CONSUMER,
        source: stage.source,
        handlers: failing,
        writer,
      };
      expect(await retryParked(again)).toMatchObject({ released: 0, failed: [{ position: 2, attempts: 6 }] });
      bad = new Set();
      expect(await retryParked(again)).toEqual({ released: 6, refused: 0, failed: [] });
      await stage.deliver(0, 31, 5);
      await stage.reaches(0, 35);
      expect((await stage.applied(0)).filter((position) => position % 5 === 2)).toEqual([2, 7, 12, 17, 22, 27, 32]);
      expect(await stage.parked()).toEqual([]);
    });

    it('can be discarded, with the reason written down', async () => {
      bad = new Set(['m0.2']);
      await stage.deliver(0, 1, 10);
      const { reactor } = await poisoned();
      await until(() => reactor.health()[0]?.position === 10);
      const written: unknown[] = [];
      const writer = {
        broadcast: async (...args: unknown[]) => {
          written.push(args);
          return { kind: 'accepted' as const, answer: null, position: null, replayed: false };
        },
      };
      const discard = {
        pool: stage.world.pool,
        schema: 'consumer',
        consumer: CONSUMER,
        source: stage.source,
        shard: 0,
        reason: 'test data',
        by: 'ops',
        now: 1,
        writer,
      };
      expect(await discardParked({ ...discard, position: 2 })).toBe(true);
      expect(await discardParked({ ...discard, position: 3 })).toBe(false);
      expect(written).toMatchObject([
        [
          `parked:${CONSUMER}/${stage.source}`,
          [{ type: 'reaction.discarded.v1', data: { position: 2, reason: 'test data', by: 'ops' } }],
          {},
        ],
      ]);
      expect((await stage.parked()).map(({ position }) => position)).toEqual([7]);
    });

    it('stops the shard when more than 20 members fail within a minute', async () => {
      bad = new Set(range(0, 40).map((n) => `m0.${n}`));
      await stage.deliver(0, 1, 60, 50);
      const { reactor } = await poisoned(60);
      expect((await stage.stops(reactor, 0)).reason).toContain('more than 20 members failed within a minute');
      const parked = await stage.parked();
      expect(parked.filter(({ attempts }) => attempts > 0)).toHaveLength(20);
    });
  });
}
