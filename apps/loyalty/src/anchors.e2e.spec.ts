import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import type { Pool } from 'pg';
import { smallRetailer } from './one-answer.fixture.ts';
import { loyalty, loyaltyJson, temporaryHome } from './process.fixture.ts';
import type { AnchorsFile } from './verify/anchors-file.ts';
import type { CheckOutcome } from './verify/check-outcome.ts';

/** What somebody with every right in the database can do to the past, and who notices. */
const LONG_MS = 120_000;
const SEED = 91;

let place: Awaited<ReturnType<typeof temporaryHome>>;
let anchorFile: string;
let database: TestDatabase;

beforeAll(async () => {
  place = await temporaryHome();
  anchorFile = join(place.home, 'anchors.json');
}, LONG_MS);
beforeEach(
  async () => void (database = await testDatabase({ name: 'anchored_ledger', prepare: importAndAnchor })),
  LONG_MS,
);
afterEach(() => database.close());
afterAll(() => place.remove());

/** Two thirds of a retailer's documents, the anchors, and the rest. */
async function importAndAnchor(pool: Pool): Promise<void> {
  const lines = smallRetailer(SEED).map((document) => JSON.stringify(document));
  const file = join(place.home, 'documents.ndjson');
  for (const part of [lines.slice(0, (lines.length * 2) / 3), lines.slice((lines.length * 2) / 3)]) {
    await writeFile(file, part.join('\n'));
    await succeeds(['import', file], urlOf(pool));
    if (part.length > lines.length / 2) await succeeds(['export', 'anchors', anchorFile], urlOf(pool));
  }
}

describe(`a past that was tampered with (seed ${SEED})`, () => {
  it(
    'is told from one that only grew',
    async () => {
      const { code, checks } = await verify('--anchor', anchorFile);
      expect([code, checks.filter(({ ok }) => !ok)]).toEqual([0, []]);
      expect(chainOf('purchases', checks).note).toMatch(/^anchors vouch for \d+ of \d+ events/);
      expect(chainOf('purchases', (await verify()).checks).note).toMatch(/only an anchor kept elsewhere/);
    },
    LONG_MS,
  );

  it(
    'is noticed by anyone where one event was changed',
    async () => {
      const { shard, position } = await oldEvent();
      await tamper(`UPDATE purchases.events SET data = replace(data, '"store":', '"Store":')
        WHERE shard = ${shard} AND position = ${position}`);
      const { code, checks } = await verify();
      expect(code).toBe(1);
      expect(chainOf('purchases', checks).problems).toEqual([
        `shard ${shard}, position ${position}: the event at ${position} is not what was written there`,
      ]);
    },
    LONG_MS,
  );

  it(
    'is noticed only by who kept an anchor where everything after it was written again to fit',
    async () => {
      const { shard, position } = await oldEvent();
      await tamper(
        `UPDATE purchases.events SET causation = gen_random_uuid() WHERE shard = ${shard} AND position = ${position}`,
      );
      await tamper(rechained('purchases', shard));
      const alone = await verify();
      expect([alone.code, alone.checks.filter(({ ok }) => !ok)]).toEqual([0, []]);
      const anchored = await verify('--anchor', anchorFile);
      expect(anchored.code).toBe(1);
      expect(chainOf('purchases', anchored.checks).problems).toEqual([
        expect.stringMatching(
          new RegExp(`^shard ${shard}, .*had another hash when the anchor was taken: the past was rewritten$`),
        ),
      ]);
    },
    LONG_MS,
  );

  it(
    'is noticed by its readers, and by who kept an anchor, where its end was cut off',
    async () => {
      const { shard, position } = await oldEvent();
      await tamper(`DELETE FROM purchases.events WHERE shard = ${shard} AND position >= ${position};
        UPDATE purchases.heads AS h SET position = e.position, hash = e.hash FROM purchases.events AS e
        WHERE e.shard = h.shard AND h.shard = ${shard} AND e.position = ${position - 1}`);
      const cut = [
        `shard ${shard}, position ${position}: the log ends at ${position - 1}, before an anchor: its end was cut off`,
      ];
      expect(chainOf('purchases', (await verify()).checks).problems).toEqual(cut);
      await database.pool
        .query(`UPDATE tiers.checkpoints AS c SET position = h.position, hash = h.hash FROM purchases.heads AS h
        WHERE c.source = 'purchases' AND c.shard = h.shard;
        UPDATE analytics.checkpoints AS c SET position = h.position, hash = h.hash FROM purchases.heads AS h
        WHERE c.source = 'purchases' AND c.shard = h.shard`);
      expect(chainOf('purchases', (await verify()).checks).problems).toEqual([]);
      expect(chainOf('purchases', (await verify('--anchor', anchorFile)).checks).problems).toEqual(cut);
    },
    LONG_MS,
  );

  it(
    'cannot be proved by anchors of something else',
    async () => {
      const anchors: AnchorsFile = {
        taken: '2026-01-01T00:00:00Z',
        anchors: [{ service: 'payments', shard: 0, position: 1, hash: '0'.repeat(64), root: '0'.repeat(64) }],
      };
      const file = join(place.home, 'others.json');
      await writeFile(file, JSON.stringify(anchors));
      const run = loyalty(['verify', '--anchor', file], place.home, { DATABASE_URL: database.url });
      expect((await run.ended())[0]).toBe(2);
      expect(run.out.stderr).toMatch(/an anchor of payments, but no such log here/);
    },
    LONG_MS,
  );
});

async function verify(...options: string[]): Promise<{ code: number | null; checks: readonly CheckOutcome[] }> {
  const { code, result } = await loyaltyJson<{ checks: CheckOutcome[] }>(['verify', ...options], place.home, {
    DATABASE_URL: database.url,
  });
  return { code, checks: result.checks };
}

function chainOf(service: string, checks: readonly CheckOutcome[]): CheckOutcome {
  return checks.find(({ name }) => name === `${service}: hash chain`) as CheckOutcome;
}

async function succeeds(args: readonly string[], url: string): Promise<void> {
  expect(await loyaltyJson(args, place.home, { DATABASE_URL: url })).toMatchObject({ code: 0 });
}

const urlOf = (pool: Pool): string => pool.options.connectionString as string;

/** One that is before an anchor, with others between. */
async function oldEvent(): Promise<{ shard: number; position: number }> {
  const { rows } = await database.pool.query<{ shard: number; position: number }>(
    `SELECT shard, position FROM purchases.events WHERE position = 5 AND data LIKE '%"store":%' ORDER BY shard LIMIT 1`,
  );
  return rows[0] as (typeof rows)[number];
}

/** As a superuser, who can switch the refusing triggers off. */
async function tamper(sql: string): Promise<void> {
  await expect(database.pool.query(sql)).rejects.toThrow('the past is not changed');
  await database.pool.query(`BEGIN; SET LOCAL session_replication_role = replica; ${sql}; COMMIT`);
}

/** The whole chain of a shard again, as docs/concepts/events.md describes it, with heads and checkpoints to match. */
function rechained(schema: string, shard: number): string {
  const text = (column: string): string =>
    `coalesce(int4send(octet_length(convert_to(${column}, 'UTF8'))) || convert_to(${column}, 'UTF8'), '\\xffffffff')`;
  const micros = (column: string): string => `int8send((extract(epoch FROM ${column}) * 1000000)::int8)`;
  return `DO $$
DECLARE e record; h bytea := decode(repeat('00', 32), 'hex');
BEGIN
  FOR e IN SELECT * FROM ${schema}.events WHERE shard = ${shard} ORDER BY position LOOP
    h := sha256(int2send(1::int2) || h || int2send(e.shard) || int8send(e.position) || uuid_send(e.id) || ${micros('e.time')}
      || ${micros('e.recorded')} || ${[`'${schema}'`, 'e.type', 'e.subject', 'e.correlation', 'e.causation', 'e.trace', 'e.data'].map(text).join(' || ')});
    UPDATE ${schema}.events SET hash = h WHERE shard = e.shard AND position = e.position;
    UPDATE tiers.checkpoints SET hash = h WHERE source = '${schema}' AND shard = e.shard AND position = e.position;
    UPDATE analytics.checkpoints SET hash = h WHERE source = '${schema}' AND shard = e.shard AND position = e.position;
    UPDATE ${schema}.heads SET hash = h WHERE shard = e.shard AND position = e.position;
  END LOOP;
END $$`;
}
