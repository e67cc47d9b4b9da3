import { createServer, connect, type Server, type Socket } from 'node:net';
import { createPool } from '@loyalty/database';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import type { Pool } from 'pg';
import { accountDecider, accountTemplate, type AccountAnswer, type AccountInput } from './account.fixture.ts';
import { StoreUnavailableError } from './outcome.ts';
import { readHeads } from './read.ts';
import { createWriter, type SourceBatch, type Writer } from './writer.ts';

/** What the wire does to the next transaction that writes events. */
type Mischief = 'none' | 'lose the answer' | 'lose the transaction' | 'stay down';

const SCHEMA = 'accounts';
let database: TestDatabase;
let wire: Server;
let mischief: Mischief = 'none';
let pool: Pool;
let writer: Writer<AccountInput, AccountAnswer>;
const sockets = new Set<Socket>();

beforeAll(async () => {
  database = await testDatabase(accountTemplate({ shards: 1 }));
  const { hostname, port } = new URL(database.url);
  wire = createServer((client) => relay(client, connect(Number(port), hostname)));
  await new Promise<void>((listening) => wire.listen(0, '127.0.0.1', listening));
  const through = new URL(database.url);
  through.hostname = '127.0.0.1';
  through.port = String((wire.address() as { port: number }).port);
  pool = createPool({ url: through.href, max: 5 });
});
beforeEach(() => {
  mischief = 'none';
  writer = createWriter({
    pool,
    schema: SCHEMA,
    service: SCHEMA,
    decider: accountDecider(SCHEMA),
    retryMs: 2_000,
    notify: false,
  });
});
afterEach(() => writer.close());
afterAll(async () => {
  await pool.end();
  for (const socket of sockets) socket.destroy();
  await new Promise((closed) => wire.close(closed));
  await database.close();
});

function relay(client: Socket, server: Socket): void {
  const cut = (): void => {
    client.destroy();
    server.destroy();
  };
  for (const socket of [client, server]) {
    sockets.add(socket);
    socket.on('error', cut).on('close', cut);
  }
  client.on('data', (data) => {
    const writes =
      data.includes('store_copy_events') || data.includes('store_copy_keys') || data.includes('store_move_checkpoints');
    if (mischief === 'stay down') return cut();
    if (mischief === 'lose the transaction' && writes) {
      mischief = 'none';
      return cut();
    }
    if (mischief === 'lose the answer' && writes) {
      mischief = 'none';
      // The server says ready when it has committed.
      server.removeAllListeners('data').on('data', cut);
    }
    server.write(data);
  });
  server.on('data', (data) => client.write(data));
}

const one: AccountInput = { kind: 'deposit', amount: 1 };
const balance = async (subject: string): Promise<number> => {
  const { rows } = await database.pool.query<{ balance: number }>(
    'SELECT balance FROM accounts.accounts WHERE subject = $1',
    [subject],
  );
  return rows[0]?.balance ?? 0;
};

describe.each<[string, boolean]>([
  ['without locks', false],
  ['under locks', true],
])('a commit %s', (_, locked) => {
  /** A first batch locks; those after it remember. */
  const warm = async (subject: string): Promise<number> => {
    if (locked) return 0;
    await writer.execute({ subject, input: one });
    return 1;
  };

  test.each<Mischief>(['lose the answer', 'lose the transaction'])(
    'is carried out exactly once when the connection breaks (%s)',
    async (what) => {
      const subject = `${what} ${locked}`;
      const before = await warm(subject);
      const [{ position } = { position: 0 }] = await readHeads(database.pool, SCHEMA);
      mischief = what;
      // Without keys: nothing but the log tells whether it was carried out.
      const outcomes = await Promise.all([1, 2, 3].map(() => writer.execute({ subject, input: one })));
      expect(outcomes).toMatchObject(
        [1, 2, 3].map((n) => ({
          kind: 'accepted',
          answer: { balance: before + n },
          position: { position: position + n },
        })),
      );
      expect(await balance(subject)).toBe(before + 3);
      expect(await writer.execute({ subject, input: one })).toMatchObject({ answer: { balance: before + 4 } });
    },
  );

  test.each<Mischief>(['lose the answer', 'lose the transaction'])('of a source batch likewise (%s)', async (what) => {
    const consumer = `source ${what} ${locked}`;
    const hash = 'ab'.repeat(32);
    const batch = (from: number, to: number): SourceBatch<AccountInput> => ({
      consumer,
      source: 'elsewhere',
      shard: 0,
      from,
      to,
      hash,
      work: Array.from({ length: to - from }, (_, index) => ({
        subject: consumer,
        input: one,
        position: from + 1 + index,
        hash,
      })),
    });
    await warm('somebody');
    mischief = what;
    await writer.react(batch(0, 3));
    await writer.react(batch(3, 5));
    expect(await balance(consumer)).toBe(5);
  });
});

test('a database that stays away is reported as such, and written again when it is back', async () => {
  await writer.execute({ subject: 'ann', input: one });
  mischief = 'stay down';
  await expect(writer.execute({ subject: 'ann', input: one })).rejects.toBeInstanceOf(StoreUnavailableError);
  mischief = 'none';
  expect(await writer.execute({ subject: 'ann', input: one })).toMatchObject({ answer: { balance: 2 } });
}, 20_000);
