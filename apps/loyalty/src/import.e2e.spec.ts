import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { databaseUrl, loyalty, loyaltyJson, temporaryHome } from './process.fixture.ts';
import { retailer } from './demo/retailer.ts';
import type { ImportReport } from './import/file-import.ts';

const LONG_MS = 180_000;
const AT = '2026-08-01T00:00:00Z';
const places: Awaited<ReturnType<typeof temporaryHome>>[] = [];

async function place(): Promise<string> {
  const made = await temporaryHome();
  places.push(made);
  return made.home;
}
afterAll(() => Promise.all(places.map(({ remove }) => remove())));

/** Documents of a made-up retailer as a file, in their order of arrival or any other. */
async function ndjson(
  home: string,
  order: 'arrival' | 'backwards' = 'arrival',
): Promise<{ file: string; count: number }> {
  const size = { seed: 11, members: 250, months: 4, until: Date.parse('2026-07-01T00:00:00Z') };
  const lines = [...retailer(size)]
    .flat()
    .flatMap((each) => (each.kind === 'document' ? [JSON.stringify(each.document)] : []));
  if (order === 'backwards') lines.reverse();
  const file = join(home, 'purchases.ndjson');
  await writeFile(file, `${lines.join('\n')}\n`);
  return { file, count: lines.length };
}

const checksum = async (home: string): Promise<string> =>
  (await loyaltyJson<{ checksum: string }>(['checksum', '--at', AT], home)).result.checksum;

describe('an import', () => {
  it(
    'killed in the middle and run again gives what one run gives, in any order, and nothing twice',
    async () => {
      const [whole, killed] = [await place(), await place()];
      const { count } = await ndjson(whole);
      const once = await loyaltyJson<ImportReport>(['import', join(whole, 'purchases.ndjson')], whole);
      expect([once.code, once.result]).toMatchObject([0, { read: count, accepted: count, duplicate: 0, rejected: 0 }]);

      const { file } = await ndjson(killed, 'backwards');
      const run = loyalty(['import', file], killed);
      await untilRecorded(killed);
      run.child.kill('SIGKILL');
      await run.ended();
      const again = await loyaltyJson<ImportReport>(['import', file], killed);
      expect(again.result).toMatchObject({ read: count, rejected: 0 });
      expect(again.result.duplicate).toBeGreaterThan(0);

      const expected = await checksum(whole);
      expect(await checksum(killed)).toBe(expected);
      const second = await loyaltyJson<ImportReport>(['import', file], killed);
      expect(second.result).toMatchObject({ read: count, accepted: 0, duplicate: count });
      expect(await checksum(killed)).toBe(expected);
      const proof = await loyaltyJson<{ ok: boolean }>(['verify'], killed);
      expect([proof.code, proof.result.ok]).toEqual([0, true]);
    },
    LONG_MS,
  );

  it(
    'tells bad usage from a bad file',
    async () => {
      const home = await place();
      const missing = loyalty(['import', join(home, 'nothing.csv')], home);
      expect((await missing.ended())[0]).toBe(2);
      expect(missing.out.stderr).toMatch(/nothing\.csv cannot be read/);
      const preset = loyalty(['import', import.meta.filename, '--preset', 'no-such'], home);
      expect((await preset.ended())[0]).toBe(2);
      expect(preset.out.stderr).toMatch(/There are: .*online-retail/);
    },
    LONG_MS,
  );
});

/** Resolves as soon as a part of the file is committed. */
async function untilRecorded(home: string): Promise<void> {
  for (;;) {
    const url = databaseUrl(home);
    if (url !== undefined && (await recorded(url)) > 0) return;
    await new Promise((resume) => setTimeout(resume, 10));
  }
}

async function recorded(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    const { rows } = await client.query<{ sum: string | null }>('SELECT sum(position) FROM purchases.heads');
    return Number(rows[0]?.sum);
  } catch {
    // The server is just starting, or the tables are just being made.
    return 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}
