import { jest } from '@jest/globals';
import { createPool } from '@loyalty/database';
import { createWriter, installEventStore, type Decider, type Work } from '@loyalty/event-store';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { EmbeddedEventLog } from './embedded/embedded-event-log.ts';
import { discardParked, listParked, retryParked } from './parked.ts';
import { createReactor, type ReactorOptions } from './reactor.ts';
import { consumerStatus, StalledError, waitUntilCaughtUp } from './status.ts';
import type { Handlers } from './translate.ts';

// Machines that run everything at once are slow; nothing here waits for its own sake.
jest.setTimeout(30_000);

const SHARDS = 2;
/** Writes what it is told. */
const echo = (type: string, refuses: (text: string) => void = () => undefined): Decider<null, string, null> => ({
  load: async (_tx, subjects) => new Map(subjects.map(({ subject }) => [subject, null])),
  loadGlobal: async () => null,
  decide: (text, _state, { now }) => {
    refuses(text);
    return { kind: 'accepted', events: [{ type, time: now, data: { text } }], answer: null };
  },
  evolve: (state) => state,
  weigh: () => 1,
  models: [],
});

const handlers: Handlers<string> = {
  'said.v1': (events) =>
    events.map(({ subject, data, id }): Work<string> => ({
      subject,
      input: (JSON.parse(data) as { text: string }).text,
      causation: id,
    })),
};

describe('a reactor with the real writer', () => {
  let database: TestDatabase;
  let closing: (() => Promise<void>)[] = [];
  let bad = new Set<string>();

  beforeEach(async () => {
    bad = new Set();
    database = await testDatabase({
      name: 'event_log_two_services',
      prepare: async (pool) => {
        await installEventStore(pool, { schema: 'ear', service: 'ear', shards: SHARDS });
        await installEventStore(pool, { schema: 'mouth', service: 'mouth', shards: SHARDS });
      },
    });
  });
  afterEach(async () => {
    for (const close of closing.reverse()) await close();
    closing = [];
    await database.close();
  });

  /** A process that writes the source; with a pool of its own like any process. */
  function mouth() {
    const pool = createPool({ url: database.url, max: 6, name: 'mouth' });
    const writer = createWriter({ pool, schema: 'mouth', service: 'mouth', decider: echo('said.v1') });
    closing.push(async () => {
      await writer.close();
      await pool.end();
    });
    return writer;
  }

  async function ear(pollMs = 500, listen = true) {
    const pool = createPool({ url: database.url, max: 10, name: 'ear' });
    const refuses = (text: string) => {
      if (bad.has(text)) throw new Error(`cannot hear ${text}`);
    };
    const writer = createWriter({ pool, schema: 'ear', service: 'ear', decider: echo('heard.v1', refuses) });
    const log = new EmbeddedEventLog({ pool, pollMs });
    const options: ReactorOptions<string> = {
      consumer: 'ear',
      source: 'mouth',
      schema: 'ear',
      shards: SHARDS,
      handlers,
      writer,
      pool,
      transport: log,
      attempts: 2,
    };
    const reactor = listen ? await createReactor(options) : null;
    closing.push(async () => {
      await reactor?.close();
      await log.close();
      await writer.close();
      await pool.end();
    });
    return { writer, reactor, options, log };
  }

  const place = { schema: 'ear', consumer: 'ear', source: 'mouth', sourceSchema: 'mouth', shards: SHARDS };
  const caughtUp = () => waitUntilCaughtUp(database.pool, [place], { stalledMs: 4_000 });
  const say = (text: string, subject: string): Work<string> => ({ subject, input: text });

  async function heard(subject?: string): Promise<string[]> {
    const { rows } = await database.pool.query<{ text: string }>(
      `SELECT data::json ->> 'text' AS text FROM ear.events WHERE type = 'heard.v1' AND ($1::text IS NULL OR subject = $1) ORDER BY shard, position`,
      [subject ?? null],
    );
    return rows.map(({ text }) => text);
  }

  it('turns what another process writes into its own events, once and in each member’s order', async () => {
    const writer = mouth();
    await ear();
    const works = Array.from({ length: 500 }, (_, n) => say(String(n), `m${n % 20}`));
    await writer.executeMany(works);
    await caughtUp();
    expect(await heard()).toHaveLength(500);
    expect(await heard('m7')).toEqual(works.filter(({ subject }) => subject === 'm7').map(({ input }) => input));
    const status = await consumerStatus(database.pool, place);
    expect(status).toMatchObject([{ lag: 0, owner: expect.stringContaining('ear'), parked: 0 }, { lag: 0 }]);
    expect(status[0]?.checkpoint).toBe(status[0]?.head);
  });

  it('is woken by the other process, long before it would look by itself', async () => {
    const writer = mouth();
    await ear(60_000);
    await writer.execute(say('first', 'a'));
    await caughtUp();
    const before = performance.now();
    await writer.execute(say('second', 'a'));
    await caughtUp();
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('parks what its decider cannot take, and lets it be retried or discarded', async () => {
    const writer = mouth();
    bad = new Set(['x2', 'y1']);
    const { options, writer: own } = await ear();
    for (const text of ['x1', 'x2', 'x3', 'y1', 'z1']) await writer.execute(say(text, text[0] as string));
    await caughtUp();
    expect((await heard()).sort()).toEqual(['x1', 'z1']);
    const parked = await listParked(database.pool, 'ear');
    expect(parked.map(({ subject, attempts }) => [subject, attempts]).sort()).toEqual([
      ['x', 0],
      ['x', 2],
      ['y', 2],
    ]);
    expect(parked.find(({ subject }) => subject === 'y')?.reason).toBe('Error: cannot hear y1');
    bad = new Set(['y1']);
    expect(await retryParked({ ...options, writer: own })).toMatchObject({ released: 2, failed: [{ subject: 'y' }] });
    const y = (await listParked(database.pool, 'ear'))[0];
    const discard = {
      pool: database.pool,
      schema: 'ear',
      consumer: 'ear',
      source: 'mouth',
      shard: y?.shard ?? 0,
      position: y?.position ?? 0,
    };
    expect(
      await discardParked({ ...discard, reason: 'nonsense', by: 'ops', now: 1_700_000_000_000, writer: own }),
    ).toBe(true);
    expect(await heard('x')).toEqual(['x1', 'x2', 'x3']);
    expect(await listParked(database.pool, 'ear')).toEqual([]);
    const { rows } = await database.pool.query(
      `SELECT DISTINCT data::json ->> 'reason' AS reason, data::json ->> 'by' AS by FROM ear.events WHERE type = 'reaction.discarded.v1'`,
    );
    expect(rows).toEqual([{ reason: 'nonsense', by: 'ops' }]);
  });

  it('tells those who wait for it when nobody reads', async () => {
    await mouth().execute(say('anyone?', 'a'));
    await ear(500, false);
    const waiting = waitUntilCaughtUp(database.pool, [place], { stalledMs: 50 });
    await expect(waiting).rejects.toThrow(StalledError);
    await expect(waiting).rejects.toThrow('nobody reads it');
  });
});
