import type { Pool } from 'pg';
import {
  boolArray,
  byteaArray,
  int2Array,
  int4Array,
  int8Array,
  jsonArray,
  textArray,
  timestamptzArray,
  timestamptzArrayFromMs,
  uuidArray,
} from './binary-array.ts';
import { CopyRows } from './copy-rows.ts';
import { createPool } from './pool.ts';
import { parseTimestamptz } from './type-parsers.ts';

// This library cannot use @loyalty/testing, which is built on it; nothing here leaves anything behind.
let pool: Pool;
beforeAll(() => {
  pool = createPool({ url: process.env['LOYALTY_TEST_DATABASE_URL'] ?? '', max: 1, name: 'database specs' });
});
afterAll(() => pool.end());

const echo = async (type: string, buffer: Buffer): Promise<unknown> => {
  const { rows } = await pool.query<{ back: unknown }>(`SELECT $1::${type}[] AS back`, [buffer]);
  return rows[0]?.back;
};
const SAFE = Number.MAX_SAFE_INTEGER;

test.each<[string, Buffer, unknown]>([
  [
    'text',
    textArray(['', 'a', null, 'ü€𝄞', '"quoted", {braced}\\', 'x'.repeat(100_000)]),
    ['', 'a', null, 'ü€𝄞', '"quoted", {braced}\\', 'x'.repeat(100_000)],
  ],
  ['json', jsonArray(['{"a":1}', null]), [{ a: 1 }, null]],
  ['bool', boolArray([true, false]), [true, false]],
  ['int2', int2Array([0, -32_768, 32_767]), [0, -32_768, 32_767]],
  ['int4', int4Array([0, -1, 2_147_483_647]), [0, -1, 2_147_483_647]],
  ['int8', int8Array([0, -1, SAFE, -SAFE, 4_294_967_296, null]), [0, -1, SAFE, -SAFE, 4_294_967_296, null]],
  ['bytea', byteaArray([Buffer.from([0, 255]), Buffer.alloc(0), null]), [Buffer.from([0, 255]), Buffer.alloc(0), null]],
  [
    'uuid',
    uuidArray(['0199f1c2-7ab0-7cc2-9f3e-6f0a1b2c3d4e', Buffer.alloc(16)]),
    ['0199f1c2-7ab0-7cc2-9f3e-6f0a1b2c3d4e', '00000000-0000-0000-0000-000000000000'],
  ],
])('an array of %s arrives as it was sent', async (type, buffer, values) => {
  expect(await echo(type, buffer)).toEqual(values);
});

test.each(['text', 'json', 'int8', 'bytea', 'timestamptz'])('an empty array of %s is empty', async (type) => {
  const empty = { text: textArray, json: jsonArray, int8: int8Array, bytea: byteaArray, timestamptz: timestamptzArray }[
    type
  ];
  expect(await echo(type, (empty as (values: never[]) => Buffer)([]))).toEqual([]);
});

test('instants keep their microseconds, from long ago to far ahead', async () => {
  const micros = [
    0,
    1,
    -1,
    Date.UTC(2026, 0, 25) * 1000 + 123_456,
    Date.UTC(1869, 4, 10) * 1000 + 7,
    Date.UTC(2254, 11, 31) * 1000 + 999_999,
  ];
  const { rows } = await pool.query<{ at: string }>('SELECT unnest($1::timestamptz[]) AS at', [
    timestamptzArray(micros),
  ]);
  expect(rows.map((row) => parseTimestamptz(row.at))).toEqual(micros);
  const { rows: same } = await pool.query('SELECT $1::timestamptz[] = $2::timestamptz[] AS same', [
    timestamptzArrayFromMs([5, null]),
    timestamptzArray([5_000, null]),
  ]);
  expect(same).toEqual([{ same: true }]);
});

test('what cannot be sent exactly is an error', () => {
  expect(() => int8Array([SAFE + 1])).toThrow(RangeError);
  expect(() => int8Array([0.5])).toThrow(RangeError);
  expect(() => int2Array([32_768])).toThrow('out of range');
  expect(() => uuidArray(['not-a-uuid'])).toThrow(TypeError);
  expect(() => uuidArray([Buffer.alloc(15)])).toThrow(TypeError);
});

test('a bigint beyond what a number holds fails the query instead of being rounded', async () => {
  await expect(pool.query('SELECT 9007199254740993::bigint')).rejects.toThrow('beyond 2^53-1');
  expect((await pool.query("SELECT ARRAY[1, NULL, 3]::bigint[] AS list, date '2026-01-25' AS day")).rows).toEqual([
    { list: [1, null, 3], day: '2026-01-25' },
  ]);
});

test('COPY rows arrive as they were written, also when the buffer has to grow', async () => {
  const client = await pool.connect();
  const long = 'ü'.repeat(50_000);
  try {
    await client.query(
      'CREATE TEMP TABLE copied (t text, n bigint, s smallint, b bytea, at timestamptz, ok bool) ON COMMIT PRESERVE ROWS',
    );
    const rows = new CopyRows();
    for (let use = 0; use < 2; use++) {
      rows.start();
      rows.row(6).text('short é').int8(-SAFE).int2(-2).bytes(Buffer.from('ab')).timestamptz(1_234_567).bool(true);
      rows.row(6).text(long).int8(null).int2(3).bytes(Buffer.alloc(0)).timestamptz(-1).bool(false);
      rows.row(6).text(null).int8(0).int2(0).bytes(Buffer.alloc(70_000, 7)).timestamptz(0).bool(false);
      await copy(client, rows.finish());
    }
    const { rows: found } = await client.query(
      'SELECT t, n, s, length(b) AS size, at, ok, count(*) FROM copied GROUP BY t, n, s, b, at, ok ORDER BY s',
    );
    expect(found).toEqual([
      { t: 'short é', n: -SAFE, s: -2, size: 2, at: '1970-01-01 00:00:01.234567+00', ok: true, count: 2 },
      { t: null, n: 0, s: 0, size: 70_000, at: '1970-01-01 00:00:00+00', ok: false, count: 2 },
      { t: long, n: null, s: 3, size: 0, at: '1969-12-31 23:59:59.999999+00', ok: false, count: 2 },
    ]);
  } finally {
    await client.query('DROP TABLE IF EXISTS copied');
    client.release();
  }
});

/** The few lines of protocol that event-store's volley has for real. */
function copy(client: { query(submittable: never): unknown }, rows: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query({
      submit: (wire: { query(text: string): void }) => wire.query('COPY copied FROM STDIN (FORMAT binary)'),
      handleCopyInResponse(wire: { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }) {
        wire.sendCopyFromChunk(rows);
        wire.endCopyFrom();
      },
      handleCommandComplete: () => undefined,
      handleReadyForQuery: resolve,
      handleError: reject,
    } as never);
  });
}
