import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { rating, returning } from '../core/scenario.fixture.ts';
import { installForTests, learnPrograms, tell } from '../points.fixture.ts';
import { accountWork, adjustWork, openLotWork, redeemWork, sendWork } from '../points-work.ts';
import { createPointsWriter, type PointsWriter } from '../points-writer.ts';
import { entryColumns } from './entry-columns.ts';
import { entriesRange } from './entries-range.ts';
import { type ExportedEntry, exportedEntries } from './exported-entries.ts';
import { writeNdjson } from './write-ndjson.ts';
import { type ByteSink, writeParquet } from './write-parquet.ts';

const MOST = Number.MAX_SAFE_INTEGER;
const MANY = 45_000;
let database: TestDatabase;
let writer: PointsWriter;
let between: number;

beforeAll(async () => {
  database = await testDatabase({ name: 'points', prepare: installForTests });
  writer = createPointsWriter(database.pool, { validate: true });
  await learnPrograms(writer, 'club');
  await tell(writer, 'm-1', rating('1', '2026-01-01', 100, { expiresAt: '2036-02-01T00:00:00.000Z', tier: 'gold' }));
  await tell(writer, 'm-1', returning('x', '2026-01-10', { 1: 30 }));
  await writer.execute(redeemWork('m-1', 'r-1', { points: 20, reference: '积分 "兑换"\n第二行' }));
  await writer.execute(sendWork('m-1', 't-1', { points: 5, to: 'm-2' }));
  await writer.execute(adjustWork('m-1', 'a-1', { points: -1, reason: 'moved' }));
  await writer.execute(accountWork('close', 'm-1', 'c-1', { reason: 'card lost' }, 'ann'));
  const { rows } = await database.pool.query<{ now: number }>(
    `SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now`,
  );
  between = rows[0]!.now;
  const dates = { earnedAt: -1, activeFrom: 0, expiresAt: null };
  await writer.execute(openLotWork('m-rich', { program: 'club', points: MOST, reference: 'all', ...dates }));
});
afterAll(async () => {
  await writer.close();
  await database.close();
});

type Limits = Parameters<typeof entriesRange>[1];

async function* pages(limits: Limits = {}): AsyncGenerator<readonly ExportedEntry[]> {
  for await (const { entries } of exportedEntries(database.pool, await entriesRange(database.pool, limits)))
    yield entries;
}

async function fileOf(
  write: (all: AsyncIterable<readonly ExportedEntry[]>, sink: ByteSink) => Promise<void>,
  of: AsyncIterable<readonly ExportedEntry[]>,
) {
  const chunks: Uint8Array[] = [];
  await write(of, (bytes) => Promise.resolve(void chunks.push(bytes)));
  return { chunks, bytes: Buffer.concat(chunks) };
}

async function lines(limits: Limits = {}): Promise<ExportedEntry[]> {
  const { bytes } = await fileOf(writeNdjson, pages(limits));
  const text = bytes.toString('utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as ExportedEntry]));
}

const buffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

it('has every entry once, with whose it is and the chain’s hash, and nothing that is no entry', async () => {
  const exported = await lines();
  const { rows } = await database.pool.query<{ position: string; subject: string; hash: string }>(
    `SELECT shard || '/' || position AS position, subject, encode(hash, 'hex') AS hash FROM points.events
     WHERE type <> 'terms.learned.v1' ORDER BY shard, position`,
  );
  expect(exported.map(({ position, member, hash }) => ({ position, subject: member, hash }))).toEqual(rows);
  expect(exported.find(({ type }) => type === 'redeemed')).toMatchObject({
    member: 'm-1',
    points: 20,
    redemption: 'r-1',
    reference: '积分 "兑换"\n第二行',
    postings: [
      { lot: 'shop/1', bucket: 'held', points: -20 },
      { lot: 'shop/1', bucket: 'spent', points: 20 },
    ],
  });
});

it('has the closing of an account, of no program and with no points, in both formats', async () => {
  const closing = (await lines()).find(({ type }) => type === 'closed');
  expect(closing).toMatchObject({ member: 'm-1', points: 0, postings: [], by: 'ann', reason: 'card lost' });
  expect(closing).not.toHaveProperty('program');
  const { bytes } = await fileOf(writeParquet, pages());
  const rows = (await parquetReadObjects({ file: buffer(bytes) })) as Record<string, unknown>[];
  const row = rows.find(({ type }) => type === 'closed');
  expect(row).toMatchObject({ member: 'm-1', points: 0n, balance_change: 0n, by: 'ann', reason: 'card lost' });
  expect(row!['program'] ?? null).toBeNull();
});

it('ends and begins at an instant, nothing lost between', async () => {
  const [before, after] = [await lines({ to: between }), await lines({ from: between })];
  expect(after.map(({ member }) => member)).toEqual(['m-rich']);
  expect([...before, ...after].map(({ id }) => id).sort()).toEqual((await lines()).map(({ id }) => id).sort());
  expect(await lines({ to: 0 })).toEqual([]);
  expect(await lines({ from: Date.now() + 1_000_000 })).toEqual([]);
});

it('says the same as Parquet as it does as NDJSON, read by another library', async () => {
  const { bytes } = await fileOf(writeParquet, pages());
  const rows = (await parquetReadObjects({ file: buffer(bytes) })) as Record<string, unknown>[];
  const entries = await lines();
  expect(rows).toHaveLength(entries.length);
  for (const [i, entry] of entries.entries()) {
    const row = rows[i]!;
    expect(`${row['shard']}/${row['position']}`).toBe(entry.position);
    expect(row).toMatchObject({ id: entry.id, type: entry.type, member: entry.member, hash: entry.hash });
    expect(row['points']).toBe(BigInt(entry.points));
    expect((row['effective_at'] as Date).toISOString()).toBe(entry.at);
    expect((row['recorded_at'] as Date).getTime()).toBe(Date.parse(`${entry.recordedAt.slice(0, 23)}Z`));
    expect((row['expires_at'] as Date | undefined)?.toISOString() ?? null).toBe(entry.expiresAt ?? null);
    expect(row['postings']).toEqual(entry.postings);
    expect(row['reference'] ?? undefined).toBe(entry.reference);
    expect(row['cause_id'] ?? undefined).toBe(entry.cause?.id);
    expect(row['from_member'] ?? undefined).toBe(entry.from?.member);
    const buckets = entryColumns.slice(10, 19).map(({ name }) => row[name] as bigint);
    expect(buckets.reduce((sum, points) => sum + points, 0n)).toBe(0n);
  }
  expect(rows.find(({ member }) => member === 'm-rich')).toMatchObject({
    points: BigInt(MOST),
    issued: -BigInt(MOST),
    held: BigInt(MOST),
  });
});

it('tells readers what its columns are', async () => {
  const { bytes } = await fileOf(writeParquet, pages());
  const { schema, created_by } = await parquetMetadataAsync(buffer(bytes));
  expect(created_by).toBe('loyalty-ledger');
  const [, ...columns] = schema;
  const types = Object.fromEntries(
    columns.map(({ name, type, converted_type, repetition_type }) => [name, [type, converted_type, repetition_type]]),
  );
  expect(types).toMatchObject({
    shard: ['INT32', undefined, 'REQUIRED'],
    points: ['INT64', undefined, 'REQUIRED'],
    member: ['BYTE_ARRAY', 'UTF8', 'REQUIRED'],
    effective_at: ['INT64', 'TIMESTAMP_MILLIS', 'REQUIRED'],
    recorded_at: ['INT64', 'TIMESTAMP_MICROS', 'REQUIRED'],
    expires_at: ['INT64', 'TIMESTAMP_MILLIS', 'OPTIONAL'],
    postings: ['BYTE_ARRAY', 'JSON', 'REQUIRED'],
  });
  expect(columns.find(({ name }) => name === 'effective_at')?.logical_type).toMatchObject({
    type: 'TIMESTAMP',
    isAdjustedToUTC: true,
  });
});

it('an export of nothing is a sound file without rows', async () => {
  const { bytes } = await fileOf(writeParquet, pages({ to: 0 }));
  expect(await parquetReadObjects({ file: buffer(bytes) })).toEqual([]);
  expect((await parquetMetadataAsync(buffer(bytes))).schema).toHaveLength(entryColumns.length + 1);
});

it('keeps a group of rows in memory and no more, however many there are', async () => {
  const [sample] = await lines();
  async function* many(): AsyncGenerator<readonly ExportedEntry[]> {
    for (let n = 0; n < MANY; n += 1_000)
      yield Array.from({ length: 1_000 }, (_, i) => ({ ...sample!, points: n + i }));
  }
  const { chunks, bytes } = await fileOf(writeParquet, many());
  expect(chunks).toHaveLength(4);
  const rows = await parquetReadObjects({ file: buffer(bytes), columns: ['points'] });
  expect(rows.map(({ points }) => points as bigint)).toEqual(Array.from({ length: MANY }, (_, i) => BigInt(i)));
});
