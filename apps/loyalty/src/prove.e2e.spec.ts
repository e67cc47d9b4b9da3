import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Receipt } from '@loyalty/event-store';
import type { CheckedReceipt } from '@loyalty/event-store/check-receipt';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { smallRetailer } from './one-answer.fixture.ts';
import { loyalty, loyaltyJson, temporaryHome } from './process.fixture.ts';

const LONG_MS = 120_000;
const SEED = 17;
/** Whoever opens a database here fails. */
const NOWHERE = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' };

let place: Awaited<ReturnType<typeof temporaryHome>>;
let database: TestDatabase;
const file = (name: string): string => join(place.home, name);
const run = <T>(args: string[], variables: Record<string, string> = { DATABASE_URL: database.url }) =>
  loyaltyJson<T>(args, place.home, variables);

beforeAll(async () => {
  place = await temporaryHome();
  database = await testDatabase();
  const documents = smallRetailer(SEED);
  const half = documents.length / 2;
  for (const [name, part] of [
    ['first', documents.slice(0, half)],
    ['rest', documents.slice(half)],
  ] as const) {
    await writeFile(file(`${name}.ndjson`), part.map((document) => JSON.stringify(document)).join('\n'));
    expect(await run(['import', file(`${name}.ndjson`)])).toMatchObject({ code: 0 });
    if (name === 'first') expect(await run(['export', 'anchors', file('anchors.json')])).toMatchObject({ code: 0 });
  }
}, LONG_MS);
afterAll(async () => {
  await database.close();
  await place.remove();
});

/** The member with most entries before the anchors and after them. */
async function member(): Promise<string> {
  const { rows } = await database.pool.query<{ subject: string }>(
    `SELECT subject FROM points.events WHERE subject NOT LIKE 'program:%' GROUP BY subject ORDER BY count(*) DESC, subject LIMIT 1`,
  );
  return rows[0]?.subject as string;
}

describe(`a receipt (seed ${SEED})`, () => {
  it(
    'of a member’s entries is made, and checked where there is no ledger',
    async () => {
      const subject = await member();
      const made = await run<{ entries: number }>(['prove', 'member', subject, '--out', file('all.json')]);
      expect(made).toMatchObject({ code: 0, result: { younger: 0 } });
      const { code, result } = await run<CheckedReceipt>(['prove', '--verify', file('all.json')], NOWHERE);
      expect([code, result.ok, result.entries.length]).toEqual([0, true, made.result.entries]);
      expect(result.entries.every((entry) => entry.subject === subject && !entry.anchored)).toBe(true);
      // Its tree ends elsewhere than the anchor.
      const unmet = await run<CheckedReceipt>(
        ['prove', '--verify', file('all.json'), '--anchor', file('anchors.json')],
        NOWHERE,
      );
      expect(unmet).toMatchObject({ code: 1, result: { ok: false } });
    },
    LONG_MS,
  );

  it(
    'hangs on anchors that were kept, and leaves out what is younger',
    async () => {
      const args = ['prove', 'member', await member(), '--anchor', file('anchors.json'), '--out', file('old.json')];
      const { code, result } = await run<{ entries: number; younger: number }>(args);
      expect(code).toBe(0);
      expect(Math.min(result.entries, result.younger)).toBeGreaterThan(0);
      const checked = loyalty(
        ['prove', '--verify', file('old.json'), '--anchor', file('anchors.json')],
        place.home,
        NOWHERE,
      );
      expect(await checked.ended()).toEqual([0, null]);
      expect(checked.out.stdout).toMatch(/^Proved: .* when the anchor was taken\.$/m);
      expect(checked.out.stdout).toMatch(/^Not proved:$/m);
    },
    LONG_MS,
  );

  it(
    'of one event, of any log, is found by its id; changed by a character it proves nothing',
    async () => {
      const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM purchases.events ORDER BY id LIMIT 1');
      const { code, result } = await run<Receipt>(['prove', rows[0]?.id as string]);
      expect(code).toBe(0);
      expect(result.entries).toMatchObject([{ event: { id: rows[0]?.id, service: 'purchases' } }]);
      const text = JSON.stringify(result);
      await writeFile(file('forged.json'), text.replace(/"type":"purchase/, '"type":"Purchase'));
      const forged = loyalty(['prove', '--verify', file('forged.json')], place.home, NOWHERE);
      expect(await forged.ended()).toEqual([1, null]);
      expect(forged.out.stdout).toMatch(/FAILED {2}event {3}type is not what the bytes say/);
    },
    LONG_MS,
  );

  it(
    'is an anchor for whoever keeps it: `verify` takes it for one',
    async () => {
      expect((await run(['prove', 'member', await member(), '--out', file('kept.json')])).code).toBe(0);
      const { anchors } = JSON.parse(await readFile(file('kept.json'), 'utf8')) as Receipt;
      expect(anchors).toHaveLength(1);
      expect((await run(['verify', '--anchor', file('kept.json')])).code).toBe(0);
      const { shard } = anchors[0] as Receipt['anchors'][number];
      await database.pool.query(`BEGIN; SET LOCAL session_replication_role = replica;
        UPDATE points.events SET data = data || ' ' WHERE shard = ${shard} AND position = 2; COMMIT`);
      const tampered = await run<{ checks: { name: string; ok: boolean; problems: string[] }[] }>(['verify']);
      expect(tampered.code).toBe(1);
      expect(tampered.result.checks.find(({ name }) => name === 'points: hash chain')?.problems).toEqual([
        `shard ${shard}, position 2: the event at 2 is not what was written there`,
      ]);
    },
    LONG_MS,
  );

  it.each([
    [['prove'], /name an event by its id/],
    [['prove', 'member'], /name an event by its id/],
    [['prove', 'no-id'], /name an event by its id/],
    [['prove', '--verify', 'no-such-file.json'], /cannot be read as JSON/],
    [['prove', '00000000-0000-7000-8000-000000000000', '--verify', 'x.json'], /--verify checks a receipt/],
  ])('%j is bad usage', async (args, complaint) => {
    const bad = loyalty(args, place.home, NOWHERE);
    expect(await bad.ended()).toEqual([2, null]);
    expect(bad.out.stderr).toMatch(complaint);
  });
});
