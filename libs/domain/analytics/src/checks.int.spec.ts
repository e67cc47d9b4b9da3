import { testDatabase, type TestDatabase } from '@loyalty/testing';
import {
  answered,
  bought,
  broughtBack,
  earned,
  happen,
  installForTests,
  posted,
  ranked,
  voided,
} from './analytics.fixture.ts';
import { analyticsChecks } from './checks.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase({ name: 'analytics', prepare: installForTests });
});
afterEach(() => database.close());

describe('the proofs', () => {
  const run = () => Promise.all(analyticsChecks.map((check) => check.run(database.pool, 0)));

  beforeEach(async () => {
    await happen(database.pool, 'purchases', [
      bought('1', 'm-1', '2026-06-01T10:00:00Z', '100.10'),
      bought('2', 'm-2', '2999-06-03T10:00:00Z', '50'),
      voided('2', 'm-2', '2999-06-03T10:00:00Z'),
      broughtBack('r1', 'm-1', '2026-06-05T10:00:00Z', '20', [{ id: '1', quantity: '0.5' }]),
    ]);
    await happen(database.pool, 'points', [
      earned('s/1', 'm-1', '2026-01-01T00:00:00Z', 100, '2026-01-15T00:00:00Z', '2026-06-01T00:00:00Z'),
      posted('redeemed', 'm-1', '2026-03-01T00:00:00Z', [
        ['s/1', 'held', -60],
        ['s/1', 'spent', 60],
      ]),
    ]);
    await happen(database.pool, 'tiers', [ranked('m-1', '2026-01-01T00:00:00Z', [['bronze', '2026-01-01T00:00:00Z']])]);
    await happen(database.pool, 'feedback', [
      answered('nps', 3, '2026-06-01T10:00:00Z'),
      answered('csat', 3, '2026-06-01T10:00:00Z'),
    ]);
  });

  it('hold', async () => {
    for (const result of await run()) expect(result).toMatchObject({ ok: true, problems: [] });
    expect((await run()).map((result) => result.checked)).toEqual([1, 1, 1, 1, 2]);
  });

  it.each([
    [
      'sales_documents',
      `UPDATE analytics.sales_documents SET total = total + 1`,
      /CNY: 1 purchases, 101.1.* kept, 1 purchases, 100.1.* in the log/,
    ],
    ['points_lots', `DELETE FROM analytics.points_lots`, /club: /],
    ['tier_courses', `DELETE FROM analytics.tier_courses`, /club bronze: nothing kept, 1 in the log/],
    ['feedback_answers', `UPDATE analytics.feedback_answers SET question = 'nps'`, /csat: nothing kept, 1 in the log/],
  ])('tell when %s is not what its log says', async (_, harm, problem) => {
    await database.pool.query(harm);
    const problems = (await run()).flatMap((result) => result.problems);
    expect(problems).toEqual(expect.arrayContaining([expect.stringMatching(problem)]));
  });
});
