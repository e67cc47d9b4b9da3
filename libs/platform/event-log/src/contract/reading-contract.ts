import type { Consumer } from '../consumer.ts';
import type { EventLogTransport } from '../transport.ts';
import { range, SHARDS, until, type Stage } from './stage.ts';

/** Order, once, gaps, crashes, take-over, back-pressure. */
export function readingContract(stage: Stage): void {
  it('applies every shard in position order, what was there and what comes later', async () => {
    for (let shard = 0; shard < SHARDS; shard++) await stage.deliver(shard, 1, 40);
    await stage.start('a');
    await stage.reaches(0, 40);
    for (let shard = 0; shard < SHARDS; shard++) await stage.deliver(shard, 41, 25);
    for (let shard = 0; shard < SHARDS; shard++) {
      await stage.reaches(shard, 65);
      expect(await stage.applied(shard)).toEqual(range(1, 65));
    }
  });

  it('goes on from its checkpoint after a restart', async () => {
    await stage.deliver(0, 1, 20);
    const first = await stage.start('a');
    await stage.reaches(0, 20);
    await first.end();
    await stage.deliver(0, 21, 10);
    await stage.start('b');
    await stage.reaches(0, 30);
    expect(await stage.applied(0)).toEqual(range(1, 30));
  });

  it('skips what it has applied when it is delivered again', async () => {
    await stage.deliver(0, 1, 10);
    await stage.start('a');
    await stage.reaches(0, 10);
    await stage.deliver(0, 5, 6);
    await stage.deliver(0, 1, 15);
    await stage.reaches(0, 15);
    expect(await stage.applied(0)).toEqual(range(1, 15));
  });

  it('stops a shard at a gap that is still there after seeking back, and only that shard', async () => {
    await stage.deliver(0, 1, 2);
    await stage.deliver(0, 4, 3);
    await stage.deliver(1, 1, 3);
    const { reactor } = await stage.start('a');
    const { reason, position } = await stage.stops(reactor, 0);
    expect(reason).toContain('position 3 is missing');
    expect(position).toBe(2);
    await stage.deliver(1, 4, 2);
    await stage.reaches(1, 5);
    expect(await stage.applied(0)).toEqual([1, 2]);
  });

  it('stops when the log is not the one it has read', async () => {
    await stage.deliver(0, 1, 5);
    const first = await stage.start('a');
    await stage.reaches(0, 5);
    await first.end();
    await stage.world.pool.query(
      `UPDATE consumer.checkpoints SET hash = sha256('another') WHERE source = $1 AND shard = 0`,
      [stage.source],
    );
    const { reactor } = await stage.start('b');
    expect((await stage.stops(reactor, 0)).reason).toContain("source's event 5 is not the one");
  });

  it('stops when the log goes on behind what it has read, but does not hold it', async () => {
    await stage.deliver(0, 1, 4);
    const first = await stage.start('a');
    await stage.reaches(0, 4);
    await first.end();
    // It had read 5 of a log that lost its end since, and grew past it.
    await stage.world.pool.query(
      `UPDATE consumer.checkpoints SET position = 5, hash = sha256('lost') WHERE source = $1 AND shard = 0`,
      [stage.source],
    );
    await stage.deliver(0, 6, 3);
    const { reactor } = await stage.start('b');
    expect((await stage.stops(reactor, 0)).reason).toContain('position 5 is missing');
    expect(await stage.applied(0)).toEqual(range(1, 4));
  });

  it('holds what it has read against a log with duplicates in it, however far back it has to begin', async () => {
    await stage.deliver(0, 1, 6);
    await stage.deliver(0, 1, 9);
    const first = await stage.start('a');
    await stage.reaches(0, 9);
    await first.end();
    await stage.deliver(0, 2, 10);
    const second = await stage.start('b');
    await stage.reaches(0, 11);
    await second.end();
    expect(await stage.applied(0)).toEqual(range(1, 11));
    await stage.world.pool.query(
      `UPDATE consumer.checkpoints SET hash = sha256('another') WHERE source = $1 AND shard = 0`,
      [stage.source],
    );
    await stage.deliver(0, 12, 3);
    const { reactor } = await stage.start('c');
    expect((await stage.stops(reactor, 0)).reason).toContain("source's event 11 is not the one");
    expect(await stage.applied(0)).toEqual(range(1, 11));
  });

  it('applies a batch once when the process loses its connection between effect and commit', async () => {
    await stage.deliver(0, 1, 20);
    let deaths = 2;
    await stage.start('a', { dieBeforeCommit: () => deaths-- > 0 });
    await stage.reaches(0, 20);
    expect(await stage.applied(0)).toEqual(range(1, 20));
  });

  it('applies a batch once when the answer to the commit is lost', async () => {
    await stage.deliver(0, 1, 20);
    let losses = 2;
    await stage.start('a', { loseAnswer: () => losses-- > 0 });
    await stage.reaches(0, 20);
    expect(await stage.applied(0)).toEqual(range(1, 20));
  });

  it('waits, parks nothing and says why while the database is away', async () => {
    await stage.deliver(0, 1, 10);
    let tries = 0;
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const { reactor } = await stage.start('a', {
      before: () => {
        if (++tries < 20) throw refused;
      },
    });
    await until(() => tries > 5 || reactor.health()[0]?.state === 'waiting');
    await stage.reaches(0, 10);
    expect(await stage.applied(0)).toEqual(range(1, 10));
    expect(await stage.parked()).toEqual([]);
  });

  it('hands shards over when their process dies, never to two at once', async () => {
    for (let shard = 0; shard < SHARDS; shard++) await stage.deliver(shard, 1, 30);
    const a = await stage.start('a');
    const b = await stage.start('b');
    for (let shard = 0; shard < SHARDS; shard++) await stage.reaches(shard, 30);
    await a.process.die();
    for (let shard = 0; shard < SHARDS; shard++) await stage.deliver(shard, 31, 30);
    for (let shard = 0; shard < SHARDS; shard++) {
      await stage.reaches(shard, 60);
      expect(await stage.applied(shard)).toEqual(range(1, 60));
    }
    await until(() => b.reactor.health().every(({ state }) => state === 'running'));
    expect([...a.writer.overlaps, ...b.writer.overlaps]).toEqual([]);
  });

  it('shares the shards among processes, and one that is left gets them all', async () => {
    for (let shard = 0; shard < SHARDS; shard++) await stage.deliver(shard, 1, 10);
    const running = ({ reactor }: { reactor: Consumer }): number =>
      reactor.health().filter(({ state }) => state === 'running').length;
    const a = await stage.start('a');
    await until(() => running(a) === 3);
    const b = await stage.start('b');
    await until(() => running(a) === 2 && running(b) === 1);
    const c = await stage.start('c');
    await until(() => running(a) === 1 && running(b) === 1 && running(c) === 1);
    for (let shard = 0; shard < SHARDS; shard++) await stage.deliver(shard, 11, 10);
    for (let shard = 0; shard < SHARDS; shard++) await stage.reaches(shard, 20);
    await a.end();
    await c.end();
    await until(() => running(b) === 3);
    for (let shard = 0; shard < SHARDS; shard++) await stage.deliver(shard, 21, 10);
    for (let shard = 0; shard < SHARDS; shard++) {
      await stage.reaches(shard, 30);
      expect(await stage.applied(shard)).toEqual(range(1, 30));
    }
    expect([a, b, c].flatMap(({ writer }) => writer.overlaps)).toEqual([]);
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
    await stage.deliver(0, 1, 100);
    await stage.deliver(1, 1, 100);
    await stage.start(
      'a',
      { before: ({ shard }) => (shard === 0 ? gate : undefined) },
      { wrap: counting, batchEvents: 10 },
    );
    // Shard 1 having come to its end shows that there was time to read ahead.
    await stage.reaches(1, 100);
    expect(handed).toBeLessThanOrEqual(20);
    open();
    await stage.reaches(0, 100);
    expect(await stage.applied(0)).toEqual(range(1, 100));
  });
}
