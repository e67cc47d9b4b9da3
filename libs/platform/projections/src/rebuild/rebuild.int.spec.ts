import { jest } from '@jest/globals';
import {
  EmbeddedEventLog,
  type Consumer,
  type EventLogTransport,
  type Found,
  type SourceLog,
  type Stretch,
} from '@loyalty/event-log';
import type { StoredEvent } from '@loyalty/kernel';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import fc from 'fast-check';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runProjections } from '../run-projections.ts';
import { append, echoes, fill, installShop, SHARDS, shop, totals, watcher } from '../testing/shop.ts';
import { rebuild } from './rebuild.ts';

// Machines that run everything at once are slow; nothing here waits for its own sake.
jest.setTimeout(30_000);

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase({ name: 'projections_shop', prepare: installShop });
});
afterEach(() => database.close());

const exact = () => ({ pool: database.pool, definition: shop, model: totals, shards: SHARDS });

async function rows(sql: string): Promise<unknown[]> {
  return (await database.pool.query({ text: sql, rowMode: 'array' })).rows;
}

/** What the table must hold, by another way than the model's own statement. */
const EXPECTED = `SELECT subject, shard, sum((data::json ->> 'points')::bigint)::bigint, count(*), max(position) FROM shop.events WHERE type <> 'ignored.v1' GROUP BY 1, 2 ORDER BY 1`;

/** Everything about a table that a swap must not change. */
const SHAPE = `SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'shop' AND tablename = 'totals'
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'shop.totals'::regclass
UNION ALL SELECT 'storage', relpersistence::text, reloptions::text FROM pg_class WHERE oid = 'shop.totals'::regclass
UNION ALL SELECT 'right', grantee, privilege_type FROM information_schema.role_table_grants WHERE table_schema = 'shop' AND table_name IN ('totals', 'rich')
ORDER BY 1, 2, 3`;

describe('rebuild of an exact read model', () => {
  it('swaps in an equal table with all that belongs to it, and makes writers drop what they remember', async () => {
    await fill(database.pool, 500);
    await database.pool.query(
      `DO $$ BEGIN CREATE ROLE projections_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    await database.pool.query('GRANT SELECT ON shop.totals, shop.rich TO projections_reader');
    const [shape, before, rich] = [
      await rows(SHAPE),
      await rows("SELECT 'shop.totals'::regclass::oid"),
      await rows('SELECT * FROM shop.rich ORDER BY 1'),
    ];
    const result = await rebuild({ ...exact(), rangeEvents: 120 });
    expect(result).toMatchObject({ events: 4 * 500, swapped: true, continued: false, different: 0, differences: [] });
    expect(await rows("SELECT 'shop.totals'::regclass::oid")).not.toEqual(before);
    expect(await rows(SHAPE)).toEqual(shape);
    expect(await rows('SELECT * FROM shop.rich ORDER BY 1')).toEqual(rich);
    expect(await rows('SELECT * FROM shop.totals ORDER BY 1')).toEqual(await rows(EXPECTED));
    expect(await rows('SELECT DISTINCT generation FROM shop.heads')).toEqual([[2]]);
    expect(await rows("SELECT relname FROM pg_class WHERE relname ~ '(rebuild_|replaced)'")).toEqual([]);
    expect(await rows('SELECT * FROM shop.rebuilds')).toEqual([]);
  });

  it('works under writes and reads that never fail, and loses none of them', async () => {
    await fill(database.pool, 2_000);
    let on = true;
    let written = 0;
    const writing = [0, 1].map(async (shard) => {
      for (let n = 0; on; n++, written++)
        await append(database.pool, shard, [
          { member: `m${shard}.${n % 50}`, points: n },
          { member: `new${shard}.${n}`, points: 1 },
        ]);
    });
    const reading = (async () => {
      while (on) await database.pool.query('SELECT sum(points) FROM shop.totals');
    })();
    for (let round = 0; round < 3; round++) {
      expect(await rebuild({ ...exact(), rangeEvents: 500 })).toMatchObject({ swapped: true, different: 0 });
    }
    on = false;
    await Promise.all([...writing, reading]);
    expect(written).toBeGreaterThan(20);
    expect(await rows('SELECT * FROM shop.totals ORDER BY 1')).toEqual(await rows(EXPECTED));
  });

  it('tells which members of a broken table differ, and puts them right only when that is accepted', async () => {
    await fill(database.pool, 300);
    await database.pool.query(`UPDATE shop.totals SET points = points + 1 WHERE member = 'm0.3';
DELETE FROM shop.totals WHERE member = 'm1.5'; INSERT INTO shop.totals VALUES ('nobody', 0, 5, 1, 1)`);
    const refused = await rebuild(exact());
    expect(refused).toMatchObject({ swapped: false, different: 3 });
    expect(refused.differences.map(({ subject, kind }) => [subject, kind])).toEqual([
      ['m0.3', 'different'],
      ['m1.5', 'only rebuilt'],
      ['nobody', 'only live'],
    ]);
    expect(await rows("SELECT points FROM shop.totals WHERE member = 'nobody'")).toEqual([[5]]);
    expect(await rows("SELECT to_regclass('shop.totals__rebuild')")).toEqual([[null]]);
    expect(await rebuild({ ...exact(), accept: true })).toMatchObject({ swapped: true, different: 3 });
    expect(await rows('SELECT * FROM shop.totals ORDER BY 1')).toEqual(await rows(EXPECTED));
  });

  it('leaves everything as it was when a view would go on reading the replaced table', async () => {
    await fill(database.pool, 50);
    await database.pool.query('CREATE VIEW shop.forgotten AS SELECT member FROM shop.totals');
    await expect(rebuild(exact())).rejects.toThrow('shop.forgotten would go on reading the replaced table');
    await database.pool.query('DROP VIEW shop.forgotten');
    expect(await rebuild(exact())).toMatchObject({ continued: true, events: 0, swapped: true, different: 0 });
  });

  it('goes on where it was when its process is killed', async () => {
    await fill(database.pool, 3_000);
    const child = spawn(
      process.execPath,
      [
        '--conditions=@loyalty/source',
        '--disable-warning=ExperimentalWarning',
        fileURLToPath(new URL('../testing/rebuild-child.ts', import.meta.url)),
        database.url,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
    );
    for await (const line of createInterface({ input: child.stdout })) if (Number(line) >= 1_000) break;
    child.kill('SIGKILL');
    await once(child, 'exit');
    const result = await rebuild(exact());
    expect(result).toMatchObject({ continued: true, swapped: true, different: 0 });
    expect(result.events).toBeLessThanOrEqual(SHARDS * 3_000 - 1_000);
    expect(await rows('SELECT * FROM shop.totals ORDER BY 1')).toEqual(await rows(EXPECTED));
  });

  it('begins again when the statement changed since it was interrupted', async () => {
    await fill(database.pool, 300);
    const stop = new AbortController();
    const interrupted = rebuild({
      ...exact(),
      rangeEvents: 50,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(interrupted).rejects.toThrow('enough');
    const other = { ...totals, sql: `${totals.sql} ` };
    expect(await rebuild({ ...exact(), model: other })).toMatchObject({
      continued: false,
      events: 1_200,
      swapped: true,
    });
  });
});

it('waits for a range that an interrupted rebuild is still busy with', async () => {
  await fill(database.pool, 300);
  const stop = new AbortController();
  const onProgress = (): void => stop.abort(new Error('enough'));
  const cut = { rangeEvents: 50, parallel: 1, signal: stop.signal, onProgress };
  await expect(rebuild({ ...exact(), ...cut })).rejects.toThrow('enough');
  const busy = await database.pool.connect();
  try {
    await busy.query('BEGIN');
    await busy.query('SELECT FROM shop.rebuilds FOR UPDATE');
    const other = { ...totals, sql: `${totals.sql} ` };
    const again = rebuild({ ...exact(), model: other });
    const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await database.pool.query<{ n: number }>(waiting)).rows[0]?.n === 0) await new Promise(setImmediate);
    await busy.query('INSERT INTO shop.totals__rebuild SELECT * FROM shop.totals LIMIT 0');
    await busy.query('COMMIT');
    expect(await again).toMatchObject({ continued: false, swapped: true, different: 0 });
  } finally {
    busy.release();
  }
});

describe('live and rebuilt', () => {
  it('are equal for any events, however they were cut into batches and ranges', async () => {
    const gain = fc.record({ member: fc.constantFrom('a', 'b', 'c', 'd'), points: fc.integer({ min: -50, max: 50 }) });
    const batches = fc.array(
      fc.record({ shard: fc.nat(SHARDS - 1), gains: fc.array(gain, { minLength: 1, maxLength: 8 }) }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(batches, fc.integer({ min: 1, max: 30 }), async (written, rangeEvents) => {
        // A member lives in one shard.
        for (const { shard, gains } of written) {
          await append(
            database.pool,
            shard,
            gains.map(({ member, points }) => ({ member: `${member}${shard}`, points })),
          );
        }
        expect(await rebuild({ ...exact(), rangeEvents })).toMatchObject({ swapped: true, different: 0 });
        expect(await rows('SELECT * FROM shop.totals ORDER BY 1')).toEqual(await rows(EXPECTED));
      }),
      { numRuns: 8 },
    );
  });
});

/** The shop's log as one of another service's database is seen. */
const elsewhere = {
  async read({ shard, after, positions, events: most, types }: Stretch): Promise<Found> {
    const { rows: found } = await database.pool.query<StoredEvent>(
      `SELECT shard, position, id, type, subject, floor(extract(epoch FROM time) * 1000)::bigint AS time,
  (extract(epoch FROM recorded) * 1000000)::bigint AS recorded, data FROM shop.events
WHERE shard = $1 AND position > $2 AND position <= $2 + $3 ORDER BY position`,
      [shard, after, positions],
    );
    const wanted = found.filter(({ type }) => types?.has(type) !== false).slice(0, most);
    const whole = wanted.length < most;
    return { events: wanted, reached: (whole ? found : wanted).at(-1)?.position ?? after };
  },
} as SourceLog;

describe.each([
  ['that the database reads itself', true, undefined],
  ['that travels through the process', false, undefined],
  ['that lies in another database', false, elsewhere],
])('rebuild of an asynchronous read model behind a log %s', (_, inReach, sourceLog) => {
  let log: EmbeddedEventLog;
  let consumers: Consumer[] = [];
  beforeEach(async () => {
    log = new EmbeddedEventLog({ pool: database.pool, pollMs: 10 });
    const transport: EventLogTransport = inReach ? log : { follow: (following) => log.follow(following) };
    consumers = await runProjections({ definition: watcher, pool: database.pool, transport, shards: SHARDS });
  });
  afterEach(async () => {
    for (const consumer of consumers) await consumer.close();
    await log.close();
  });

  const echoing = () => {
    const remaking = { pool: database.pool, definition: watcher, model: echoes, shards: SHARDS };
    return { ...remaking, ...(sourceLog && { sourceLog }) };
  };
  const caughtUp = async () => {
    const behind = `SELECT count(*) FROM shop.heads AS h LEFT JOIN watcher.checkpoints AS c ON c.shard = h.shard WHERE h.position > coalesce(c.position, 0)`;
    while (Number((await rows(behind))[0]?.[0 as never]) > 0) await new Promise((resume) => setTimeout(resume, 3));
  };

  it('is kept up behind the log, and rebuilt beside its runner', async () => {
    await fill(database.pool, 1_500);
    let on = true;
    const writing = (async () => {
      for (let n = 0; on; n++)
        await append(database.pool, n % SHARDS, [{ member: `m${n % SHARDS}.${n % 9}`, points: n }]);
    })();
    const remaking = { ...echoing(), rangeEvents: 700 };
    for (let round = 0; round < 3; round++)
      expect(await rebuild(remaking)).toMatchObject({ swapped: true, different: 0 });
    on = false;
    await writing;
    await caughtUp();
    expect(await rows('SELECT * FROM watcher.echoes ORDER BY 1')).toEqual(await rows(EXPECTED));
    expect(await rows('SELECT count(*) > 0 FROM watcher.rich')).toEqual([[true]]);
  });

  it('stops, rather than leave out, what its statement cannot take', async () => {
    await append(database.pool, 1, [{ member: 'a', points: 1 }]);
    await caughtUp();
    await database.pool.query('ALTER TABLE watcher.echoes ADD CHECK (points < 100)');
    await append(database.pool, 1, [{ member: 'a', points: 100 }]);
    await append(database.pool, 2, [{ member: 'b', points: 1 }]);
    while (consumers[0]?.health()[1]?.state !== 'stopped') await new Promise((resume) => setTimeout(resume, 3));
    expect(consumers[0].health()[1]).toMatchObject({
      position: 1,
      reason: expect.stringContaining('violates check constraint'),
    });
    while ((await rows("SELECT FROM watcher.echoes WHERE member = 'b'")).length === 0)
      await new Promise((resume) => setTimeout(resume, 3));
  });
});
