import { jest } from '@jest/globals';
import { transaction } from '@loyalty/database';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { append, fill, installShop, SHARDS, totals } from '../testing/shop.ts';
import { applyTailTellingKeys, catchUp } from './catch-up.ts';
import { compareAll, compareKeys, compareWritten, momentOf, type Comparison } from './compare.ts';
import { standing, type RebuildPlan } from './rebuild-plan.ts';
import { openShadow } from './shadow-table.ts';

// Machines that run everything at once are slow; nothing here waits for its own sake.
jest.setTimeout(30_000);

/** What is found of what went wrong after everything had been equal. */
describe.each(['rows written since', 'keys of the tail'])('comparing the %s', (by) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await testDatabase({ name: 'projections_shop', prepare: installShop });
  });
  afterEach(() => database.close());

  async function afterEqual(tamper: string): Promise<Comparison> {
    const { pool } = database;
    const plan: RebuildPlan = {
      model: totals,
      schema: 'shop',
      service: 'shop',
      live: 'shop.totals',
      shadow: 'shop.totals__rebuild',
      events: 'shop.events',
      shards: SHARDS,
      viewsSql: null,
      key: [{ name: 'member', type: 'text' }],
    };
    await fill(pool, 100);
    await openShadow(pool, plan, 'f');
    const calm = { rangeEvents: 40, parallel: 2, onRange: () => undefined, signal: new AbortController().signal };
    await catchUp(pool, plan, 0, calm);
    const moment = await transaction(
      pool,
      async (tx) => {
        const at = await momentOf(tx);
        expect(await compareAll(tx, plan)).toEqual({ different: 0, examples: [] });
        return at;
      },
      'BEGIN ISOLATION LEVEL REPEATABLE READ',
    );
    await append(pool, 0, [
      { member: 'm0.1', points: 5 },
      { member: 'm0.2', points: 6 },
      { member: 'fresh', points: 7 },
    ]);
    await pool.query(tamper);
    return transaction(pool, async (tx) => {
      const { events, keys } = await applyTailTellingKeys(tx, plan, await standing(tx, plan, true));
      expect(events).toBe(3);
      expect(keys?.[0]?.toSorted()).toEqual(['fresh', 'm0.1', 'm0.2']);
      return by === 'keys of the tail' ? compareKeys(tx, plan, keys as string[][]) : compareWritten(tx, plan, moment);
    });
  }

  it('finds nothing where nothing is wrong', async () => {
    expect(await afterEqual('SELECT 1')).toEqual({ different: 0, examples: [] });
  });

  it.each([
    ['a row changed', `UPDATE shop.totals SET points = points + 1 WHERE member = 'm0.2'`, 'm0.2', 'different'],
    ['a row lost', `DELETE FROM shop.totals WHERE member = 'fresh'`, 'fresh', 'only rebuilt'],
  ])('finds %s', async (_what, tamper, member, kind) => {
    const { different, examples } = await afterEqual(tamper);
    expect(different).toBe(1);
    expect(examples[0]).toMatchObject({ key: `member=${member}`, kind });
  });

  if (by === 'rows written since') {
    it('finds a row lost that the tail never touched', async () => {
      const { examples } = await afterEqual(`DELETE FROM shop.totals WHERE member = 'm3.7'`);
      expect(examples).toMatchObject([{ key: 'member=m3.7', kind: 'only rebuilt' }]);
    });
  }
});
