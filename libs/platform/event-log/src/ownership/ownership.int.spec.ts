import { createPool } from '@loyalty/database';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { range, until } from '../contract/stage.ts';
import { realPacing } from '../pacing.ts';
import { Ownership } from './ownership.ts';
import { Session } from './session.ts';

const LOCK = 4_711;
const SHARDS = 8;

describe('the shards that a process owns', () => {
  let database: TestDatabase;
  let closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterEach(async () => {
    for (const close of closing.reverse()) await close();
    closing = [];
  });
  afterAll(() => database.close());

  /** A process that would read all shards. */
  function open(guest = false) {
    const pool = createPool({ url: database.url, max: 1, name: 'owner' });
    const running = new Set<number>();
    const session: Session = new Session(pool, realPacing, {
      opened: () => void ownership.claim(),
      lost: () => ownership.lost(),
      notified: () => undefined,
    });
    const ownership = new Ownership(session, guest);
    const claims = range(0, SHARDS - 1).map((shard) => ({
      lock: LOCK,
      shard,
      run: async (signal: AbortSignal) => {
        running.add(shard);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
        running.delete(shard);
      },
    }));
    ownership.add(claims);
    const turns = setInterval(() => void ownership.claim(), 5);
    let closed: Promise<void> | undefined;
    const close = () =>
      (closed ??= (async () => {
        clearInterval(turns);
        await ownership.remove(claims);
        await session.close();
        await pool.end();
      })());
    closing.push(close);
    return { running, close };
  }

  /** Locks on shards that are held now, whoever holds them. */
  async function locked(): Promise<number> {
    const { rows } = await database.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'
AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND classid = $1::oid`,
      [LOCK],
    );
    return rows[0]?.n ?? 0;
  }

  const sizes = (...processes: { running: Set<number> }[]) => processes.map(({ running }) => running.size);

  it('are its part and no more, and it holds no lock of what it does not run', async () => {
    const one = open();
    await until(() => one.running.size === 8);
    const two = open();
    await until(() => String(sizes(one, two)) === '4,4');
    const three = open();
    await until(() => String(sizes(one, two, three).sort()) === '2,3,3');
    await until(async () => (await locked()) === 8);
    expect([...one.running, ...two.running, ...three.running].sort()).toEqual(range(0, 7));
    await two.close();
    await until(() => String(sizes(one, three)) === '4,4');
    await until(async () => (await locked()) === 8);
    await one.close();
    await three.close();
    expect(await locked()).toBe(0);
  });

  it('are, for a guest, all or none: it reads while nobody else is there, and gives way', async () => {
    const guest = open(true);
    await until(() => guest.running.size === 8);
    const one = open();
    await until(() => one.running.size === 8);
    const two = open();
    await until(() => String(sizes(one, two, guest)) === '4,4,0');
    await one.close();
    await two.close();
    await until(() => guest.running.size === 8);
  });
});
