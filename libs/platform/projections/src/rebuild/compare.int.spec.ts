import { jest } from '@jest/globals';
import { transaction } from '@loyalty/database';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { append, fill, installShop, SHARDS, totals } from '../testing/shop.ts';
import { applyTail, catchUp } from './catch-up.ts';
import { compareAll, compareSince, momentOf, type Comparison } from './compare.ts';
import { standing, type RebuildPlan } from './rebuild-plan.ts';
import { openShadow } from './shadow-table.ts';

// Machines that run everything at once are slow; nothing here waits for its own sake.
jest.setTimeout(30_000);

/** What is still found in the last moment, while writers wait: what went wrong after everything had been equal. */
describe.each([
  ['by the members of the tail', totals],
  ['by the rows written since', { ...totals, subject: undefined }],
])('comparing the tail %s', (_, model) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await testDatabase({ name: 'projections_shop', prepare: installShop });
  });
  afterEach(() => database.close());

  async function afterEqual(tamper: string): Promise<Comparison> {
    const { pool } = database;
    const plan: RebuildPlan = {
      model: model as RebuildPlan['model'],
      schema: 'shop',
      service: 'shop',
      live: 'shop.totals',
      shadow: 'shop.totals__rebuild',
      events: 'shop.events',
      shards: SHARDS,
      viewsSql: null,
    };
    await fill(pool, 100);
    await openShadow(pool, plan, 'f');
    await catchUp(pool, plan, 0, {
      rangeEvents: 40,
      parallel: 2,
      onRange: () => undefined,
      signal: new AbortController().signal,
    });
    const moment = await transaction(
      pool,
      async (tx) => {
        const at = await momentOf(tx, await standing(tx, plan, false));
        expect(await compareAll(tx, plan, ['member'])).toEqual({ different: 0, examples: [] });
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
      const to = await standing(tx, plan, true);
      expect(await applyTail(tx, plan, to)).toBe(3);
      return compareSince(tx, plan, ['member'], moment, to);
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
});
