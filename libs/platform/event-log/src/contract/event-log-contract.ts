import type { StoredEvent } from '@loyalty/kernel';
import type { Consumer, ShardHealth } from '../consumer.ts';
import type { Pacing } from '../pacing.ts';
import { discardParked, listParked, retryParked } from '../parked.ts';
import { createReactor } from '../reactor.ts';
import type { Handlers } from '../translate.ts';
import type { EventLogTransport } from '../transport.ts';
import { CONSUMER_TABLES, events, NotingWriter, type ContractProcess, type ContractWorld, type Noted, type NotingHooks } from './contract-world.ts';

const SHARDS = 3;
const CONSUMER = 'reader';

/** Retries at once: what is tested is that they happen, not how long they take. */
const eager: Pacing = {
  now: () => performance.now(),
  random: () => 0.5,
  pause: () => new Promise((resolve) => setImmediate(resolve)),
};

const noting: Handlers<Noted> = {
  'thing.begun.v1': (batch) => batch.map(note),
  'thing.ended.v1': async (batch) => batch.map(note),
};

function note({ subject, shard, position }: StoredEvent) {
  return { subject, input: { shard, position } };
}

/** What every transport of the event log keeps. @param make called once; each example uses a source of its own */
export function eventLogContract(name: string, make: () => Promise<ContractWorld>): void {
  describe(`event log over ${name}`, () => {
    let world: ContractWorld;
    let source = '';
    let count = 0;
    let processes: ContractProcess[] = [];
    let consumers: Consumer[] = [];

    beforeAll(async () => {
      world = await make();
      await world.pool.query(CONSUMER_TABLES);
    });
    afterAll(() => world.close());
    beforeEach(async () => {
      source = `source_${++count}`;
      await world.source(source, SHARDS);
    });
    afterEach(async () => {
      for (const consumer of consumers) await consumer.close();
      for (const process of processes) await process.close();
      processes = [];
      consumers = [];
    });

    async function start(who: string, hooks: NotingHooks = {}, more: { handlers?: Handlers<Noted>; batchEvents?: number; wrap?: (t: EventLogTransport) => EventLogTransport } = {}) {
      const process = await world.process(more.batchEvents ?? 7);
      processes.push(process);
      const writer = new NotingWriter(world.pool, who, hooks);
      const reactor = await createReactor<Noted>({
        consumer: CONSUMER,
        source,
        schema: 'consumer',
        shards: SHARDS,
        handlers: more.handlers ?? noting,
        writer,
        pool: world.pool,
        transport: more.wrap?.(process.transport) ?? process.transport,
        pacing: eager,
      });
      consumers.push(reactor);
      const end = async () => {
        consumers = consumers.filter((each) => each !== reactor);
        await reactor.close();
      };
      return { reactor, process, writer, end };
    }

    async function applied(shard: number): Promise<number[]> {
      const { rows } = await world.pool.query<{ position: number }>(
        'SELECT position FROM consumer.effects WHERE source = $1 AND shard = $2 ORDER BY n',
        [source, shard],
      );
      return rows.map(({ position }) => position);
    }

    const deliver = (shard: number, first: number, number: number, members?: number) =>
      world.deliver(source, events(source, shard, first, number, members));

    const reaches = (shard: number, number: number) => until(async () => (await applied(shard)).length >= number);

    const stops = (reactor: Consumer, shard: number) =>
      until(() => reactor.health()[shard]?.state === 'stopped').then(() => reactor.health()[shard] as ShardHealth);

    it('applies every shard in position order, what was there and what comes later', async () => {
      for (let shard = 0; shard < SHARDS; shard++) await deliver(shard, 1, 40);
      await start('a');
      await reaches(0, 40);
      for (let shard = 0; shard < SHARDS; shard++) await deliver(shard, 41, 25);
      for (let shard = 0; shard < SHARDS; shard++) {
        await reaches(shard, 65);
        expect(await applied(shard)).toEqual(range(1, 65));
      }
    });

    it('goes on from its checkpoint after a restart', async () => {
      await deliver(0, 1, 20);
      const first = await start('a');
      await reaches(0, 20);
      await first.end();
      await deliver(0, 21, 10);
      await start('b');
      await reaches(0, 30);
      expect(await applied(0)).toEqual(range(1, 30));
    });

    it('skips what it has applied when it is delivered again', async () => {
      await deliver(0, 1, 10);
      await start('a');
      await reaches(0, 10);
      await deliver(0, 5, 6);
      await deliver(0, 1, 15);
      await reaches(0, 15);
      expect(await applied(0)).toEqual(range(1, 15));
    });

    it('stops a shard at a gap that is still there after seeking back, and only that shard', async () => {
      await deliver(0, 1, 2);
      await deliver(0, 4, 3);
      await deliver(1, 1, 3);
      const { reactor } = await start('a');
      const { reason, position } = await stops(reactor, 0);
      expect(reason).toContain('position 3 is missing');
      expect(position).toBe(2);
      await deliver(1, 4, 2);
      await reaches(1, 5);
      expect(await applied(0)).toEqual([1, 2]);
    });

    it('stops when the log is not the one it has read', async () => {
      await deliver(0, 1, 5);
      const first = await start('a');
      await reaches(0, 5);
      await first.end();
      await world.pool.query(`UPDATE consumer.checkpoints SET hash = sha256('another') WHERE source = $1 AND shard = 0`, [source]);
      const { reactor } = await start('b');
      expect((await stops(reactor, 0)).reason).toContain("source's event 5 is not the one");
    });

    it('applies a batch once when the process loses its connection between effect and commit', async () => {
      await deliver(0, 1, 20);
      let deaths = 2;
      await start('a', { dieBeforeCommit: () => deaths-- > 0 });
      await reaches(0, 20);
      expect(await applied(0)).toEqual(range(1, 20));
    });

    it('applies a batch once when the answer to the commit is lost', async () => {
      await deliver(0, 1, 20);
      let losses = 2;
      await start('a', { loseAnswer: () => losses-- > 0 });
      await reaches(0, 20);
      expect(await applied(0)).toEqual(range(1, 20));
    });

    it('waits, parks nothing and says why while the database is away', async () => {
      await deliver(0, 1, 10);
      let tries = 0;
      const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      const { reactor } = await start('a', {
        before: () => {
          if (++tries < 20) throw refused;
        },
      });
      await until(() => tries > 5 || reactor.health()[0]?.state === 'waiting');
      await reaches(0, 10);
      expect(await applied(0)).toEqual(range(1, 10));
      expect(await listParked(world.pool, 'consumer', { source })).toEqual([]);
    });

    it('hands shards over when their process dies, never to two at once', async () => {
      for (let shard = 0; shard < SHARDS; shard++) await deliver(shard, 1, 30);
      const a = await start('a');
      const b = await start('b');
      for (let shard = 0; shard < SHARDS; shard++) await reaches(shard, 30);
      await a.process.die();
      for (let shard = 0; shard < SHARDS; shard++) await deliver(shard, 31, 30);
      for (let shard = 0; shard < SHARDS; shard++) {
        await reaches(shard, 60);
        expect(await applied(shard)).toEqual(range(1, 60));
      }
      await until(() => b.reactor.health().every(({ state }) => state === 'running'));
      expect([...a.writer.overlaps, ...b.writer.overlaps]).toEqual([]);
    });

    it('holds at most two batches a shard while effects are slow', async () => {
      let handed = 0;
      const counting = (transport: EventLogTransport): EventLogTransport => ({
        follow: (following) =>
          transport.follow({
            ...following,
            own: (owned) =>
              following.own({
                ...owned,
                reader: {
                  seek: (after) => owned.reader.seek(after),
                  next: async () => {
                    const batch = await owned.reader.next();
                    if (owned.shard === 0) handed += batch.length;
                    return batch;
                  },
                },
              }),
          }),
      });
      let open = () => undefined as void;
      const gate = new Promise<void>((resolve) => (open = resolve));
      await deliver(0, 1, 100);
      await deliver(1, 1, 100);
      await start('a', { before: ({ shard }) => (shard === 0 ? gate : undefined) }, { wrap: counting, batchEvents: 10 });
      // Shard 1 having come to its end shows that there was time to read ahead.
      await reaches(1, 100);
      expect(handed).toBeLessThanOrEqual(20);
      open();
      await reaches(0, 100);
      expect(await applied(0)).toEqual(range(1, 100));
    });

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
        where === 'a handler' ? start('a', {}, { handlers: failing, batchEvents }) : start('a', { decide: fails }, { batchEvents });

      it('is parked with its reason, its member behind it, and the others go on', async () => {
        bad = new Set(['m0.2']);
        await deliver(0, 1, 30);
        await poisoned();
        await reaches(0, 24);
        await until(async () => (await listParked(world.pool, 'consumer', { source })).length === 6);
        expect(await applied(0)).toEqual(range(1, 30).filter((position) => position % 5 !== 2));
        const parked = await listParked(world.pool, 'consumer', { source });
        expect(parked.map(({ position }) => position)).toEqual([2, 7, 12, 17, 22, 27]);
        expect(parked[0]).toMatchObject({ subject: 'm0.2', attempts: 5, reason: 'TypeError: cannot stand m0.2' });
        expect(parked[1]).toMatchObject({ attempts: 0, reason: expect.stringContaining('waits behind') });
        expect(parked[0]?.event).toEqual(events(source, 0, 2, 1)[0]);
      });

      it('is released in order by a retry, once, and the member runs freely again', async () => {
        bad = new Set(['m0.2']);
        await deliver(0, 1, 30);
        const { reactor, writer } = await poisoned();
        await until(() => reactor.health()[0]?.position === 30);
        const again = { pool: world.pool, schema: 'consumer', consumer: CONSUMER, source, handlers: failing, writer };
        expect(await retryParked(again)).toMatchObject({ released: 0, failed: [{ position: 2, attempts: 6 }] });
        bad = new Set();
        expect(await retryParked(again)).toEqual({ released: 6, refused: 0, failed: [] });
        await deliver(0, 31, 5);
        await reaches(0, 35);
        expect((await applied(0)).filter((position) => position % 5 === 2)).toEqual([2, 7, 12, 17, 22, 27, 32]);
        expect(await listParked(world.pool, 'consumer', { source })).toEqual([]);
      });

      it('can be discarded, with the reason written down', async () => {
        bad = new Set(['m0.2']);
        await deliver(0, 1, 10);
        const { reactor } = await poisoned();
        await until(() => reactor.health()[0]?.position === 10);
        const written: unknown[] = [];
        const writer = {
          broadcast: async (...args: unknown[]) => {
            written.push(args);
            return { kind: 'accepted' as const, answer: null, position: null, replayed: false };
          },
        };
        const discard = { pool: world.pool, schema: 'consumer', consumer: CONSUMER, source, shard: 0, reason: 'test data', by: 'ops', now: 1, writer };
        expect(await discardParked({ ...discard, position: 2 })).toBe(true);
        expect(await discardParked({ ...discard, position: 3 })).toBe(false);
        expect(written).toMatchObject([[`parked:${CONSUMER}/${source}`, [{ type: 'reaction.discarded.v1', data: { position: 2, reason: 'test data', by: 'ops' } }], {}]]);
        expect((await listParked(world.pool, 'consumer', { source })).map(({ position }) => position)).toEqual([7]);
      });

      it('stops the shard when more than 20 members fail within a minute', async () => {
        bad = new Set(range(0, 40).map((n) => `m0.${n}`));
        await deliver(0, 1, 60, 50);
        const { reactor } = await poisoned(60);
        expect((await stops(reactor, 0)).reason).toContain('more than 20 members failed within a minute');
        const parked = await listParked(world.pool, 'consumer', { source });
        expect(parked.filter(({ attempts }) => attempts > 0)).toHaveLength(20);
      });
    });
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited 10 s in vain for ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}
