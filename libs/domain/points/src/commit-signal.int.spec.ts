import { setTimeout } from 'node:timers/promises';
import { createPool } from '@loyalty/database';
import { senderOf } from '@loyalty/event-store';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { CommitSignal } from './commit-signal.ts';

const SCHEMA = 'points';
const LONG_MS = 20_000;

describe('waiting for what another process commits', () => {
  let database: TestDatabase;
  let pool: ReturnType<typeof createPool>;
  beforeAll(async () => {
    database = await testDatabase();
  });
  beforeEach(() => {
    pool = createPool({ url: database.url, max: 2, name: 'waiting' });
  });
  afterEach(() => pool.end());
  afterAll(() => database.close());

  const signal = (schema = SCHEMA): CommitSignal =>
    new CommitSignal(pool, schema, { onCommitted: () => () => undefined });
  const notify = () => database.pool.query(`NOTIFY loyalty_${SCHEMA}`);

  async function listeners(): Promise<number[]> {
    const { rows } = await database.pool.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'waiting' AND query LIKE 'LISTEN%'`,
    );
    return rows.map(({ pid }) => pid);
  }

  async function another(than: number): Promise<number> {
    for (;;) {
      const pid = (await listeners()).find((each) => each !== than);
      if (pid !== undefined) return pid;
      await setTimeout(5);
    }
  }

  it('goes on when its connection is lost meanwhile', async () => {
    let booked = false;
    const found = signal().until(async () => (booked ? 'booked' : null), LONG_MS);
    const first = await another(0);
    await database.pool.query('SELECT pg_terminate_backend($1)', [first]);
    await another(first);
    booked = true;
    await notify();
    expect(await found).toBe('booked');
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  it('does not look again for notices of its own process', async () => {
    let booked = false;
    let looks = 0;
    const look = async (): Promise<string | null> => {
      looks++;
      return booked ? 'booked' : null;
    };
    const found = signal().until(look, LONG_MS, 0);
    await another(0);
    for (let i = 0; i < 20; i++) await database.pool.query(`NOTIFY loyalty_${SCHEMA}, '${senderOf(pool)}'`);
    booked = true;
    await notify();
    expect(await found).toBe('booked');
    expect(looks).toBe(2);
  });

  it('survives the loss of its connection in the very moment in which it has what it waited for', async () => {
    const found = signal().until(async () => {
      const [pid] = await listeners();
      await database.pool.query('SELECT pg_terminate_backend($1)', [pid]);
      return 'booked';
    }, LONG_MS);
    expect(await found).toBe('booked');
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  it('keeps no connection on which it could not listen', async () => {
    expect(await signal('no such "channel').until(async () => 'booked', LONG_MS)).toBe('booked');
    expect(pool.idleCount).toBe(pool.totalCount);
  });
});
