import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { accountDecider, accountTemplate } from './account.fixture.ts';
import { anchorsOf, verifyChain, type Anchor, type ChainResult } from './verify-chain.ts';
import { createWriter } from './writer.ts';

const SCHEMA = 'accounts';
const EVENTS = 17_000;
let database: TestDatabase;
let anchors: Anchor[];

beforeAll(async () => {
  database = await testDatabase(accountTemplate({ shards: 1 }));
  const writer = createWriter({
    pool: database.pool,
    schema: SCHEMA,
    service: SCHEMA,
    decider: accountDecider(SCHEMA),
    queueLimit: EVENTS,
  });
  await writer.executeMany(
    Array.from({ length: EVENTS }, (_, index) => ({
      subject: `m${index % 50}`,
      input: { kind: 'deposit', amount: 1, at: index },
    })),
  );
  await writer.close();
  anchors = await anchorsOf(database.pool, SCHEMA);
});
afterAll(() => database.close());

const verify = (options: { anchors?: Anchor[]; from?: number } = {}): Promise<ChainResult> =>
  verifyChain(database.pool, { schema: SCHEMA, service: SCHEMA, shard: 0, ...options });

/** As somebody would who owns the database: triggers off. What it does is undone after the test. */
async function tampered(sql: string, look: () => Promise<void>): Promise<void> {
  const { pool } = database;
  await pool.query(`CREATE TABLE backup AS TABLE ${SCHEMA}.events; CREATE TABLE backup_heads AS TABLE ${SCHEMA}.heads`);
  const inBackdoor = (text: string) =>
    pool.query(`BEGIN; SET LOCAL session_replication_role = replica; ${text}; COMMIT`);
  try {
    await inBackdoor(sql);
    await look();
  } finally {
    await inBackdoor(`DELETE FROM ${SCHEMA}.events; INSERT INTO ${SCHEMA}.events TABLE backup;
      DELETE FROM ${SCHEMA}.heads; INSERT INTO ${SCHEMA}.heads TABLE backup_heads`);
    await pool.query('DROP TABLE backup, backup_heads');
  }
}

test('an untouched log is whole, and says whether an anchor vouches for it', async () => {
  expect(await verify()).toEqual({
    ok: true,
    shard: 0,
    checked: EVENTS,
    blocks: 0,
    anchored: 0,
    odd: [],
    head: anchors[0],
  });
  expect(await verify({ anchors })).toMatchObject({ ok: true, anchored: 1 });
  expect(await verify({ anchors, from: 16_990 })).toMatchObject({ ok: true, checked: 10 });
});

test('reports progress', async () => {
  const seen: number[] = [];
  await verifyChain(database.pool, {
    schema: SCHEMA,
    service: SCHEMA,
    shard: 0,
    onProgress: (position) => seen.push(position),
  });
  expect(seen).toEqual([16_384, 17_000]);
});

test.each([
  ['a flipped digit', `UPDATE accounts.events SET data = replace(data, '1', '2') WHERE position = 3210`, 'altered'],
  [
    'a changed time',
    `UPDATE accounts.events SET time = time + interval '1 microsecond' WHERE position = 3210`,
    'altered',
  ],
  ['a subject swapped', `UPDATE accounts.events SET subject = 'other' WHERE position = 3210`, 'altered'],
  ['an event removed', 'DELETE FROM accounts.events WHERE position = 3210', 'missing'],
  [
    'an event removed and the gap closed',
    'DELETE FROM accounts.events WHERE position = 3210; UPDATE accounts.events SET position = position + 1000000 WHERE position > 3210; UPDATE accounts.events SET position = position - 1000001 WHERE position > 1000000; UPDATE accounts.heads SET position = position - 1',
    'altered',
  ],
  [
    'two events swapped',
    'UPDATE accounts.events SET position = 4000000 WHERE position = 3210; UPDATE accounts.events SET position = 3210 WHERE position = 3211; UPDATE accounts.events SET position = 3211 WHERE position = 4000000',
    'altered',
  ],
])('%s is found where it is', async (_, sql, kind) => {
  await tampered(sql, async () =>
    expect(await verify()).toMatchObject({ ok: false, checked: 3_209, problem: { kind, position: 3_210 } }),
  );
});

test('an end that was cut off is missing, and an anchor tells it even when the head was moved back', async () => {
  await tampered('DELETE FROM accounts.events WHERE position > 4000', async () => {
    expect(await verify()).toMatchObject({ ok: false, problem: { kind: 'missing', position: 4_001 } });
    await database.pool.query(
      'UPDATE accounts.heads SET position = 4000, hash = (SELECT hash FROM accounts.events WHERE position = 4000)',
    );
    expect(await verify()).toMatchObject({ ok: true });
    expect(await verify({ anchors })).toMatchObject({ ok: false, problem: { kind: 'anchor' } });
  });
});

test('a head that points elsewhere is told from a broken event', async () => {
  await tampered(`UPDATE accounts.heads SET hash = decode(repeat('ab', 32), 'hex')`, async () => {
    expect(await verify()).toMatchObject({ ok: false, checked: EVENTS, problem: { kind: 'head' } });
  });
});

test('a rewritten anchor is told', async () => {
  const forged = anchors.map((anchor) => ({ ...anchor, position: 100, hash: 'cd'.repeat(32) }));
  expect(await verify({ anchors: forged })).toMatchObject({ ok: false, problem: { kind: 'anchor', position: 100 } });
});
