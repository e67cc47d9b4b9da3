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
import { setReportingZone } from './reporting-zone.ts';

let database: TestDatabase;
const rows = async (sql: string, set: Readonly<Record<string, string>> = {}): Promise<unknown[]> => {
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    for (const [name, value] of Object.entries(set))
      await client.query(`SELECT set_config($1, $2, true)`, [name, value]);
    return (await client.query(sql)).rows;
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
};
const all = { 'loyalty.at': 'infinity' };

beforeEach(async () => {
  database = await testDatabase({ name: 'analytics', prepare: installForTests });
});
afterEach(() => database.close());

describe('sales', () => {
  it('adds purchases and returns up by day, each on its own day, and leaves out what was voided', async () => {
    await happen(database.pool, 'purchases', [
      bought('1', 'm-1', '2026-06-01T10:00:00Z', '29.90'),
      bought('2', undefined, '2026-06-01T11:00:00Z', '10.00'),
      bought('3', 'm-1', '2026-06-01T12:00:00Z', '500'),
      broughtBack('4', 'm-1', '2026-06-02T10:00:00Z', '29.90', [{ id: '1', quantity: '1.5' }]),
    ]);
    await happen(database.pool, 'purchases', [voided('3', 'm-1', '2026-06-01T12:00:00Z')]);
    expect(await rows('SELECT * FROM analytics.v_daily_sales ORDER BY day', all)).toMatchObject([
      {
        day: '2026-06-01',
        source: 's',
        store: 'harbour',
        channel: 'store',
        currency: 'CNY',
        purchases: 2,
        returns: 0,
        memberless: 1,
        lines: 4,
        gross: '39.90',
        returned: '0',
        net: '39.90',
      },
      { day: '2026-06-02', purchases: 0, returns: 1, lines: 0, gross: '0', returned: '29.90', net: '-29.90' },
    ]);
  });

  it('begins its days where the reporting time zone does', async () => {
    await happen(database.pool, 'purchases', [bought('1', 'm-1', '2026-06-01T20:00:00Z', '1')]);
    const day = 'SELECT day FROM analytics.v_daily_sales';
    expect(await rows(day, all)).toEqual([{ day: '2026-06-01' }]);
    expect(await rows(day, { ...all, 'loyalty.reporting_zone': 'Asia/Shanghai' })).toEqual([{ day: '2026-06-02' }]);
    await setReportingZone(database.pool, 'Asia/Shanghai');
    expect(await rows(day, all)).toEqual([{ day: '2026-06-02' }]);
    await expect(setReportingZone(database.pool, 'Nowhere/Land')).rejects.toThrow('Nowhere/Land');
  });
});

describe('member value', () => {
  const value =
    'SELECT member, frequency, monetary, last_purchase_at, recency_days FROM analytics.v_member_value ORDER BY member';

  it('counts what did not come back whole, and nets all returns', async () => {
    await happen(database.pool, 'purchases', [
      bought('1', 'm-1', '2026-06-01T10:00:00Z', '100'),
      bought('2', 'm-1', '2026-06-03T10:00:00Z', '50'),
      bought('3', undefined, '2026-06-03T10:00:00Z', '7'),
      bought('4', 'm-2', '2026-06-04T10:00:00Z', '8'),
      broughtBack('r1', 'm-1', '2026-06-05T10:00:00Z', '20', [{ id: '1', quantity: '0.5' }]),
      broughtBack('r2', 'm-1', '2026-06-06T10:00:00Z', '50', [{ id: '2', quantity: '1.5' }]),
    ]);
    const at = { 'loyalty.at': '2026-06-10T12:00:00Z' };
    const expected = [
      { member: 'm-1', frequency: 1, monetary: '80', last_purchase_at: '2026-06-01 10:00:00+00', recency_days: '9' },
      { member: 'm-2', frequency: 1, monetary: '8', last_purchase_at: '2026-06-04 10:00:00+00', recency_days: '6' },
    ];
    expect(await rows(value, at)).toEqual(expected);
    expect(await rows(`SELECT frequency FROM (${value}) AS one WHERE member = 'm-1'`, at)).toEqual([{ frequency: 1 }]);
    // Before the second return both purchases counted.
    expect(await rows(value, { 'loyalty.at': '2026-06-06T09:00:00Z' })).toMatchObject([
      { frequency: 2, monetary: '130' },
      {},
    ]);
  });

  it('follows a return that is matched anew, and one that is voided', async () => {
    await happen(database.pool, 'purchases', [
      bought('1', 'm-1', '2026-06-01T10:00:00Z', '100'),
      bought('2', 'm-1', '2026-06-03T10:00:00Z', '50'),
      broughtBack('r1', 'm-1', '2026-06-05T10:00:00Z', '50', [{ id: '1', quantity: '1.5' }]),
    ]);
    expect(await rows(value, all)).toMatchObject([{ frequency: 1, last_purchase_at: '2026-06-03 10:00:00+00' }]);
    const matches = [{ source: 's', id: '2', line: 1, quantity: '1.5' }];
    const amended = {
      return: { source: 's', id: 'r1' },
      at: '2026-06-05T10:00:00.000Z',
      lines: [{ line: 1, matches, unmatched: '0' }],
    };
    await happen(database.pool, 'purchases', [
      { type: 'purchase.amended.v1', subject: 'm-1', at: '2026-06-05T10:00:00Z', data: amended },
    ]);
    expect(await rows(value, all)).toMatchObject([{ frequency: 1, last_purchase_at: '2026-06-01 10:00:00+00' }]);
    await happen(database.pool, 'purchases', [voided('r1', 'm-1', '2026-06-05T10:00:00Z')]);
    expect(await rows(value, all)).toMatchObject([{ frequency: 2, monetary: '150' }]);
  });
});

describe('points', () => {
  const at = (instant: string): Promise<unknown[]> => rows(`SELECT * FROM analytics.points_at('${instant}')`);

  beforeEach(() =>
    happen(database.pool, 'points', [
      earned('s/1', 'm-1', '2026-01-01T00:00:00Z', 100, '2026-01-15T00:00:00Z', '2026-06-01T00:00:00Z'),
      earned('s/2', 'm-2', '2026-02-01T00:00:00Z', 40, '2026-02-01T00:00:00Z', null),
      posted('redeemed', 'm-1', '2026-03-01T00:00:00Z', [
        ['s/1', 'held', -60],
        ['s/1', 'spent', 60],
      ]),
      posted('reversed', 'm-1', '2026-04-01T00:00:00Z', [
        ['s/1', 'held', -40],
        ['s/1', 'owed', -10],
        ['s/1', 'reversed', 50],
      ]),
    ]),
  );

  it('stand where they stood at any instant', async () => {
    expect(await at('2025-12-31T00:00:00Z')).toEqual([]);
    expect(await at('2026-01-02T00:00:00Z')).toMatchObject([
      { issued: '100', pending: '100', active: '0', outstanding: '100', members: 1 },
    ]);
    expect(await at('2026-01-15T00:00:00Z')).toMatchObject([{ pending: '0', active: '100' }]);
    expect(await at('2026-03-01T00:00:00Z')).toMatchObject([
      { issued: '140', active: '80', spent: '60', outstanding: '80' },
    ]);
    expect(await at('2026-04-01T00:00:00Z')).toMatchObject([
      { active: '40', reversed: '50', owed: '10', outstanding: '40', lots: 2, members: 2 },
    ]);
  });

  it('are gone at their date, written or not', async () => {
    await happen(database.pool, 'points', [
      earned('s/3', 'm-1', '2026-05-01T00:00:00Z', 30, '2026-05-01T00:00:00Z', '2026-06-01T00:00:00Z'),
    ]);
    const before = [await at('2026-05-31T23:59:59Z'), await at('2026-06-01T00:00:00Z')];
    expect(before).toMatchObject([[{ active: '70', expired: '0' }], [{ active: '40', expired: '30' }]]);
    await happen(database.pool, 'points', [
      posted('expired', 'm-1', '2026-06-01T00:00:00Z', [
        ['s/3', 'held', -30],
        ['s/3', 'expired', 30],
      ]),
    ]);
    expect([await at('2026-05-31T23:59:59Z'), await at('2026-06-01T00:00:00Z')]).toEqual(before);
  });

  it('obey the terms that a correction brought', async () => {
    const terms = {
      lot: 's/2',
      points: 5,
      activeFrom: '2026-02-10T00:00:00.000Z',
      expiresAt: '2026-02-20T00:00:00.000Z',
    };
    await happen(database.pool, 'points', [
      posted(
        'corrected',
        'm-2',
        '2026-02-01T00:00:00Z',
        [
          ['s/2', 'issued', -5],
          ['s/2', 'held', 5],
        ],
        terms,
      ),
    ]);
    expect(await at('2026-02-05T00:00:00Z')).toMatchObject([{ issued: '145', pending: '45', active: '100' }]);
    expect(await at('2026-02-20T00:00:00Z')).toMatchObject([{ expired: '45', active: '100' }]);
    expect(await rows(`SELECT issued, corrected FROM analytics.v_daily_points WHERE day = '2026-02-01'`)).toEqual([
      { issued: '40', corrected: '5' },
    ]);
  });

  it('count what a lot repaid in the moment it was opened', async () => {
    const terms = { lot: 's/4', points: 25, activeFrom: '2026-05-01T00:00:00.000Z', expiresAt: null };
    const postings = [
      ['s/4', 'issued', -25],
      ['s/4', 'held', 15],
      ['s/4', 'owed', 10],
    ] as const;
    await happen(database.pool, 'points', [posted('earned', 'm-1', '2026-05-01T00:00:00Z', postings, terms)]);
    expect(await at('2026-05-02T00:00:00Z')).toMatchObject([{ issued: '165', active: '55', owed: '0', lots: 3 }]);
    expect(await rows(`SELECT issued, repaid FROM analytics.v_daily_points WHERE day = '2026-05-01'`)).toEqual([
      { issued: '25', repaid: '10' },
    ]);
  });

  it('taken by hand count as adjusted, not as reversed', async () => {
    const postings = [
      ['s/2', 'held', -5],
      ['s/2', 'reversed', 5],
    ] as const;
    const taken = posted('adjusted', 'm-2', '2026-05-01T00:00:00Z', postings, {
      lot: 'adjust/1',
      points: -5,
      activeFrom: null,
    });
    await happen(database.pool, 'points', [taken]);
    expect(await at('2026-05-02T00:00:00Z')).toMatchObject([{ issued: '140', active: '35', lots: 2 }]);
    expect(await rows(`SELECT adjusted, reversed FROM analytics.v_daily_points WHERE day = '2026-05-01'`)).toEqual([
      { adjusted: '-5', reversed: '0' },
    ]);
  });

  it('that changed hands are the same points, under the dates they came with', async () => {
    const terms = { activeFrom: '2026-05-01T00:00:00.000Z', expiresAt: '2026-05-20T00:00:00.000Z' };
    const moved = (lot: string, from: string, to: string) => [[lot, from, -25] as const, [lot, to, 25] as const];
    await happen(database.pool, 'points', [
      posted('sent', 'm-2', '2026-05-01T00:00:00Z', moved('s/2', 'held', 'sent')),
      posted('received', 'm-3', '2026-05-01T00:00:00Z', moved('t', 'received', 'held'), {
        lot: 't',
        points: 25,
        ...terms,
      }),
    ]);
    expect(await at('2026-05-02T00:00:00Z')).toMatchObject([{ issued: '140', active: '40', lots: 3, members: 3 }]);
    expect(await at('2026-05-20T00:00:00Z')).toMatchObject([{ issued: '140', active: '15', expired: '25' }]);
  });

  it('are entries of their own days', async () => {
    expect(
      await rows('SELECT day, issued, redeemed, reversed FROM analytics.v_daily_points ORDER BY day', all),
    ).toEqual([
      { day: '2026-01-01', issued: '100', redeemed: '0', reversed: '0' },
      { day: '2026-02-01', issued: '40', redeemed: '0', reversed: '0' },
      { day: '2026-03-01', issued: '0', redeemed: '60', reversed: '0' },
      { day: '2026-04-01', issued: '0', redeemed: '0', reversed: '50' },
    ]);
  });
});

test('tiers are counted at any instant, certain downgrades included', async () => {
  await happen(database.pool, 'tiers', [
    ranked('m-1', '2026-01-01T00:00:00Z', [['bronze', '2026-01-01T00:00:00Z']]),
    ranked('m-2', '2026-01-01T00:00:00Z', [['bronze', '2026-01-01T00:00:00Z']]),
    ranked('m-1', '2026-01-10T00:00:00Z', [
      ['gold', '2026-01-10T00:00:00Z'],
      ['silver', '2027-02-09T00:00:00Z'],
      ['bronze', '2028-03-10T00:00:00Z'],
    ]),
  ]);
  const at = (instant: string): Promise<unknown[]> =>
    rows(`SELECT tier, members FROM analytics.tier_counts_at('${instant}') ORDER BY tier`);
  expect(await at('2026-01-05T00:00:00Z')).toEqual([{ tier: 'bronze', members: 2 }]);
  expect(await at('2026-01-10T00:00:00Z')).toEqual([
    { tier: 'bronze', members: 1 },
    { tier: 'gold', members: 1 },
  ]);
  expect(await at('2027-02-09T00:00:00Z')).toEqual([
    { tier: 'bronze', members: 1 },
    { tier: 'silver', members: 1 },
  ]);
  expect(await at('2030-01-01T00:00:00Z')).toEqual([{ tier: 'bronze', members: 2 }]);
});

test('a member who has no tier any more is counted in none', async () => {
  await happen(database.pool, 'tiers', [ranked('m-1', '2026-01-01T00:00:00Z', [['bronze', '2026-01-01T00:00:00Z']])]);
  await happen(database.pool, 'tiers', [ranked('m-1', '2026-01-01T00:00:00Z', [[null, '2026-01-01T00:00:00Z']])]);
  expect(await rows('SELECT * FROM analytics.v_tier_counts', all)).toEqual([]);
});

test('answers become scores by day and store', async () => {
  const day = '2026-06-01T10:00:00Z';
  await happen(database.pool, 'feedback', [
    ...[10, 9, 8, 6].map((score) => answered('nps', score, day)),
    ...[5, 4, 1].map((score) => answered('csat', score, day)),
  ]);
  expect(await rows('SELECT * FROM analytics.v_nps', all)).toMatchObject([
    { day: '2026-06-01', store: 'harbour', answers: 4, promoters: 2, passives: 1, detractors: 1, nps: '25.0' },
  ]);
  expect(await rows('SELECT * FROM analytics.v_csat', all)).toMatchObject([
    { answers: 3, satisfied: 2, score_sum: 10, csat: '66.7' },
  ]);
});
