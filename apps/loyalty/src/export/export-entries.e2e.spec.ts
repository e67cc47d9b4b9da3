import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createPointsWriter, openLotWork, points } from '@loyalty/points';
import { installService } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { loyalty, temporaryHome } from '../process.fixture.ts';

const MEMBERS = 5_000;
let database: TestDatabase;
let home: Awaited<ReturnType<typeof temporaryHome>>;

beforeAll(async () => {
  home = await temporaryHome();
  database = await testDatabase();
  await installService(database.pool, points, 4);
  const writer = createPointsWriter(database.pool);
  const effectiveFrom = '2020-01-01T00:00:00.000Z';
  const data = { program: 'club', version: 'v1', effectiveFrom, timeZone: 'UTC' };
  await writer.broadcast('program:club', [{ type: 'terms.learned.v1', time: 0, data }]);
  const dates = { earnedAt: 0, activeFrom: 0, expiresAt: null };
  const works = Array.from({ length: MEMBERS }, (_, i) =>
    openLotWork(`m-${i}`, { program: 'club', points: i + 1, reference: `o-${i}`, ...dates }),
  );
  await writer.executeMany(works);
  await writer.close();
});
afterAll(async () => {
  await home.remove();
  await database.close();
});

async function run(args: readonly string[], url = database.url) {
  const { out, ended } = loyalty(['export', 'entries', ...args], home.home, { DATABASE_URL: url });
  const [code] = await ended();
  return { code, ...out };
}

interface Summary {
  readonly entries: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly shards: readonly { shard: number; first: number; last: number; entries: number; hash: string }[];
}
const at = (name: string): string => join(home.home, name);

it('writes NDJSON, compressed, and says how many, which positions and which digest', async () => {
  const { code, stdout } = await run(['--out', at('all.ndjson.gz'), '--json']);
  expect(code).toBe(0);
  const told = JSON.parse(stdout) as Summary;
  const file = await readFile(at('all.ndjson.gz'));
  expect(told).toMatchObject({
    file: at('all.ndjson.gz'),
    format: 'ndjson',
    gzip: true,
    entries: MEMBERS,
    bytes: file.length,
    sha256: createHash('sha256').update(file).digest('hex'),
  });
  const lines = gunzipSync(file).toString('utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(MEMBERS);
  expect(lines.reduce((sum, line) => sum + (JSON.parse(line) as { points: number }).points, 0)).toBe(12_502_500);
  const { rows } = await database.pool.query(
    `SELECT shard, position AS last, encode(hash, 'hex') AS hash FROM points.heads ORDER BY shard`,
  );
  expect(told.shards.map(({ shard, last, hash }) => ({ shard, last, hash }))).toEqual(rows);
  expect(told.shards.every(({ first, last, entries }) => first === 1 && entries === last - 1)).toBe(true);
});

it('writes Parquet that another library reads', async () => {
  const { code, stderr, stdout } = await run(['--format', 'parquet', '--out', at('all.parquet')]);
  expect([code, stderr]).toEqual([0, expect.stringContaining('exporting')]);
  expect(stdout).toContain(`${MEMBERS} entries written to ${at('all.parquet')}`);
  const rows = await parquetReadObjects({
    file: await asyncBufferFromFile(at('all.parquet')),
    columns: ['member', 'held'],
  });
  expect(new Set(rows.map(({ member }) => member as string)).size).toBe(MEMBERS);
  expect(rows.reduce((sum, { held }) => sum + (held as bigint), 0n)).toBe(12_502_500n);
});

it('replaces a file only when told to, and leaves nothing beside it', async () => {
  await run(['--out', at('twice.ndjson'), '--to', '2020-01-01T00:00:00Z']);
  expect(await readFile(at('twice.ndjson'), 'utf8')).toBe('');
  const refused = await run(['--out', at('twice.ndjson')]);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining('name another file with --out, or give --overwrite'),
  ]);
  expect((await run(['--out', at('twice.ndjson'), '--overwrite'])).code).toBe(0);
  expect((await readFile(at('twice.ndjson'), 'utf8')).split('\n')).toHaveLength(MEMBERS + 1);
  expect((await readdir(home.home)).filter((name) => name.includes('partial'))).toEqual([]);
});

it.each([
  [['--format', 'xml'], '--format xml is none of ndjson, parquet'],
  [['--format', 'parquet', '--gzip'], 'a Parquet file is compressed already'],
  [['--from', 'yesterday'], '--from yesterday is no instant with an offset'],
])('refuses %j as bad usage', async (args, message) => {
  expect(await run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) as string });
});

it('says what to do where there is no ledger', async () => {
  const empty = await testDatabase();
  const told = await run(['--out', at('none.ndjson')], empty.url);
  await empty.close();
  expect([told.code, told.stderr]).toEqual([1, expect.stringContaining('npx loyalty start')]);
  expect(await readdir(home.home)).not.toContain('none.ndjson');
});
