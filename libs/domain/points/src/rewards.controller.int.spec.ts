import type { TierCourse } from '@loyalty/contracts';
import { CommitSignal } from './commit-signal.ts';
import { pointsChecks } from './checks.ts';
import { rewardChecks } from './reward-checks.ts';
import { createPointsWriter, POINTS_SCHEMA } from './points-writer.ts';
import { RewardDesk } from './reward-desk.ts';
import { holdWork, rewardWork } from './reward-work.ts';
import { openShop, type Said, type Shop } from './rewards.fixture.ts';
import { sweep } from './sweep.ts';

const PROGRAM = `
program: club
timeZone: Asia/Shanghai
currency: CNY
points: { value: 0.01, expiry: never }
redemption: { minimum: 100, maxShareOfPurchase: 0.5 }
rewards:
  - { id: tea-set, name: { en: Tea set, zh-CN: 茶具 }, points: 50, tiers: [gold] }
  - { id: mug, name: { en: Mug }, points: 10, stock: 10 }
  - { id: voucher, name: { en: 20 off }, points: 20, codes: pool, stock: 12 }
  - { id: card, name: { en: Card }, points: 5, codes: pool, undone: gone }
  - { id: sticker, name: { en: Sticker }, points: 1, stock: 2, undone: gone }
  - { id: hug, name: { en: Hug }, points: 1, perMember: { count: 2, per: day } }
  - { id: early, name: { en: Early }, points: 1, from: 2126-01-01 }
  - { id: late, name: { en: Late }, points: 1, until: 2026-01-31 }
`;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop('rewards spec', PROGRAM);
});
afterAll(() => shop.close());
afterEach(async () => {
  for (const check of [...pointsChecks, ...rewardChecks])
    expect(await check.run(shop.database.pool, Date.now())).toMatchObject({ ok: true, problems: [] });
});

const redeem = (member: string, reward: string, once?: string): Promise<Said> =>
  shop.post(`members/${member}/redemptions`, { reward }, once);
const leftOf = async (reward: string): Promise<number | null> => {
  const { items } = (await shop.get('rewards')).body as unknown as { items: { id: string; left: number | null }[] };
  return items.find(({ id }) => id === reward)?.left as number | null;
};
const upload = (reward: string, codes: readonly unknown[]): Promise<Said> =>
  shop.post(`rewards/club/${reward}/codes`, { codes }, undefined, 'ann');
const piecesOf = async (reward: string) =>
  (
    await shop.database.pool.query<{ state: string; code: string | null }>(
      'SELECT state, code FROM points.reward_pieces WHERE reward = $1 ORDER BY piece',
      [reward],
    )
  ).rows;

it('sixty-four who want the last ten pieces at once get exactly ten', async () => {
  const members = Array.from({ length: 64 }, (_, i) => `m-mug-${i}`);
  for (const member of members) await shop.earn(member, 10);
  const said = await Promise.all(members.map((member) => redeem(member, 'mug', `mug-${member}`)));
  expect(said.map(({ status }) => status).sort()).toEqual([
    ...Array<number>(10).fill(201),
    ...Array<number>(54).fill(422),
  ]);
  expect(new Set(said.filter(({ status }) => status === 422).map(({ body }) => body['code']))).toEqual(
    new Set(['reward_out_of_stock']),
  );
  expect(await leftOf('mug')).toBe(0);
  const again = await Promise.all(members.map((member) => redeem(member, 'mug', `mug-${member}`)));
  const answerOf = ({ body: { request: _, ...answer } }: Said) => answer;
  expect(again.map(answerOf)).toEqual(said.map(answerOf));
  expect(again.filter(({ status }) => status === 200)).toHaveLength(10);
  const { rows } = await shop.database.pool.query(
    `SELECT sum(spent)::int AS spent FROM points.wallets WHERE member LIKE 'm-mug-%'`,
  );
  expect(rows).toEqual([{ spent: 100 }]);
});

it('never gives the same code twice, asked for in two processes at once and each time twice', async () => {
  expect(
    await upload(
      'voucher',
      Array.from({ length: 30 }, (_, i) => `V-${i}`),
    ),
  ).toMatchObject({
    status: 200,
    body: { read: 30, accepted: 30, duplicate: 0, rejected: 0 },
  });
  const { pool } = shop.database;
  const other = createPointsWriter(pool, { validate: true });
  const signal = new CommitSignal(pool, POINTS_SCHEMA, other);
  const desks = [new RewardDesk(pool, shop.writer, signal), new RewardDesk(pool, other, signal)];
  const members = Array.from({ length: 24 }, (_, i) => `m-voucher-${i}`);
  for (const member of members) await shop.earn(member, 20);
  const outcomes = await Promise.all(
    members.map((member) =>
      Promise.all(desks.map((desk) => desk.redeem(member, `v-${member}`, { reward: 'voucher' }))),
    ),
  );
  signal.close();
  await other.close();
  const codes = outcomes.flatMap(([one, two]) => {
    expect(one?.kind).toBe(two?.kind);
    if (one?.kind !== 'accepted' || two?.kind !== 'accepted') return [];
    expect(one.answer).toEqual(two.answer);
    return [one.answer?.code];
  });
  expect(codes).toHaveLength(12);
  expect(new Set(codes).size).toBe(12);
  expect([...codes].sort()).toEqual(Array.from({ length: 12 }, (_, i) => `V-${i}`).sort());
});

it('voids the code of a redemption undone, and gives stock back where the program says so', async () => {
  await upload('card', ['C-1', 'C-2']);
  await shop.earn('m-undo', 100);
  expect(await redeem('m-undo', 'card', 'card-1')).toMatchObject({ status: 201, body: { code: 'C-1', points: 5 } });
  expect(await shop.post('members/m-undo/redemptions/card-1/undo', { points: 2 })).toMatchObject({ status: 201 });
  expect(await piecesOf('card')).toMatchObject([{ state: 'taken' }, { state: 'free' }]);
  expect(await shop.post('members/m-undo/redemptions/card-1/undo', {}, 'card-undo')).toMatchObject({
    body: { left: 0 },
  });
  expect(await shop.post('members/m-undo/redemptions/card-1/undo', {}, 'card-undo')).toMatchObject({ status: 200 });
  expect(await redeem('m-undo', 'card')).toMatchObject({ body: { code: 'C-2' } });
  expect(await redeem('m-undo', 'card')).toMatchObject({ status: 422, body: { code: 'reward_out_of_stock' } });
  expect(await redeem('m-undo', 'card', 'card-1')).toMatchObject({ status: 200, body: { code: 'C-1' } });
  expect(await piecesOf('card')).toEqual([
    { state: 'returned', code: 'C-1' },
    { state: 'taken', code: 'C-2' },
  ]);
  // A mug comes back into stock, a sticker does not.
  await redeem('m-undo', 'sticker', 'sticker-1');
  await shop.post('members/m-undo/redemptions/sticker-1/undo');
  expect(await leftOf('sticker')).toBe(1);
  const before = await leftOf('mug');
  const { rows } = await shop.database.pool.query<{ member: string; redemption: string }>(
    `SELECT member, redemption FROM points.reward_redemptions WHERE reward = 'mug' LIMIT 1`,
  );
  await shop.post(`members/${rows[0]?.member}/redemptions/${rows[0]?.redemption}/undo`);
  expect(await leftOf('mug')).toBe(Number(before) + 1);
  await shop.earn('m-second', 10);
  expect(await redeem('m-second', 'mug')).toMatchObject({ status: 201 });
});

it('frees the piece of a redemption that is refused after all', async () => {
  await shop.publish(
    `${PROGRAM}  - { id: pin, name: { en: Pin }, points: 60, codes: pool }\n`,
    '2026-01-02T00:00:00.000Z',
  );
  await upload('pin', ['P-1']);
  await shop.earn('m-poor', 60);
  const held = { program: 'club', reward: 'pin', redemption: 'pin-1', member: 'm-poor', asked: {} };
  await shop.writer.execute(holdWork(held));
  await shop.post('members/m-poor/redemptions', { points: 100, purchaseTotal: '1' });
  const spent = await shop.post('members/m-poor/adjustments', { points: -10, reason: 'test' }, undefined, 'ann');
  expect(spent).toMatchObject({ status: 201 });
  expect(await redeem('m-poor', 'pin', 'pin-1')).toMatchObject({ status: 422, body: { code: 'insufficient_points' } });
  expect(await sweep(shop.database.pool, shop.writer, Date.now())).toMatchObject({ members: 0 });
  expect(await piecesOf('pin')).toEqual([{ state: 'free', code: 'P-1' }]);
  await shop.earn('m-rich', 60);
  expect(await redeem('m-rich', 'pin')).toMatchObject({ body: { code: 'P-1' } });
});

it('brings to its end what a process left halfway when it died: no piece and no code is lost', async () => {
  await shop.publish(
    `${PROGRAM}  - { id: cap, name: { en: Cap }, points: 30, codes: pool }\n`,
    '2026-01-03T00:00:00.000Z',
  );
  await upload('cap', ['K-1', 'K-2', 'K-3']);
  const { pool } = shop.database;
  for (const member of ['m-held', 'm-decided', 'm-returned', 'm-next']) await shop.earn(member, 30);
  const at = (member: string) => ({ program: 'club', reward: 'cap', redemption: `cap-${member}`, member, asked: {} });
  // Died after the piece was held; after the member's entry; and, undone, before the reward heard of it.
  await shop.writer.execute(holdWork(at('m-held')));
  await shop.writer.execute(holdWork(at('m-decided')));
  const piece = { kind: 'held' as const, number: 2, code: 'K-2' };
  await shop.writer.execute(rewardWork('m-decided', 'cap-m-decided', { reward: 'cap' }, piece));
  expect(await redeem('m-returned', 'cap', 'cap-m-returned')).toMatchObject({ body: { code: 'K-3' } });
  // The next one finds all codes out, two of them held by the dead: it brings those to their end, and is told the truth.
  expect(await redeem('m-next', 'cap')).toMatchObject({ status: 422, body: { code: 'reward_out_of_stock' } });
  expect(await piecesOf('cap')).toMatchObject([{ state: 'taken' }, { state: 'taken' }, { state: 'taken' }]);
  expect(await redeem('m-held', 'cap', 'cap-m-held')).toMatchObject({ status: 200, body: { code: 'K-1' } });
  expect(await redeem('m-decided', 'cap', 'cap-m-decided')).toMatchObject({ status: 200, body: { code: 'K-2' } });
  expect(await new RewardDesk(pool, shop.writer).finish()).toBe(0);
});

const GOLD: TierCourse = [
  { tier: 'silver', from: '2026-01-01T00:00:00.000Z' },
  { tier: 'gold', from: '2026-01-10T00:00:00.000Z' },
];

it('keeps a reward to its tiers, its limit and its time', async () => {
  await shop.earn('m-tier', 200);
  const refused = (code: string) => ({ status: 422, body: { code } });
  expect(await redeem('m-tier', 'tea-set')).toMatchObject(refused('reward_not_for_tier'));
  await shop.learnTier('m-tier', GOLD);
  expect(await redeem('m-tier', 'tea-set')).toMatchObject({ status: 201, body: { reward: 'tea-set', spendable: 150 } });
  await shop.learnTier('m-tier', [{ tier: 'silver', from: '2026-01-20T00:00:00.000Z' }]);
  expect(await redeem('m-tier', 'tea-set')).toMatchObject(refused('reward_not_for_tier'));
  expect(await redeem('m-tier', 'hug', 'hug-1')).toMatchObject({ status: 201 });
  expect(await redeem('m-tier', 'hug')).toMatchObject({ status: 201 });
  expect(await redeem('m-tier', 'hug')).toMatchObject(refused('reward_limit_reached'));
  await shop.post('members/m-tier/redemptions/hug-1/undo');
  expect(await redeem('m-tier', 'hug')).toMatchObject({ status: 201 });
  expect(await redeem('m-tier', 'early')).toMatchObject({
    body: { code: 'reward_not_available', details: { from: '2125-12-31T16:00:00.000Z' } },
  });
  expect(await redeem('m-tier', 'late')).toMatchObject({
    body: { code: 'reward_not_available', details: { until: '2026-01-31T16:00:00.000Z' } },
  });
  expect(await redeem('m-tier', 'nothing')).toMatchObject(refused('unknown_reward'));
  expect(await redeem('m-nobody', 'hug')).toMatchObject(refused('insufficient_points'));
});

it('shows the catalogue, in the language asked for', async () => {
  const { body } = await shop.get('rewards?program=club', { 'accept-language': 'zh-CN,en;q=0.5' });
  const items = body['items'] as unknown as { id: string; name: string; left: number | null; available: boolean }[];
  expect(items.slice(0, 2)).toMatchObject([
    { program: 'club', id: 'tea-set', name: '茶具', language: 'zh-CN', points: 50, tiers: ['gold'], left: null },
    { id: 'mug', name: 'Mug', language: 'en', codes: false },
  ]);
  expect(items.filter(({ available }) => !available).map(({ id }) => id)).toEqual(
    expect.arrayContaining(['early', 'late']),
  );
  const had = (await shop.get('rewards?available=true&lang=en')).body['items'] as unknown as { id: string }[];
  expect(had.map(({ id }) => id)).not.toContain('early');
});

it('takes codes as CSV, as NDJSON and as JSON, and counts what it is not given', async () => {
  await shop.publish(
    `${PROGRAM}  - { id: pool, name: { en: P }, points: 1, codes: pool }\n`,
    '2026-01-04T00:00:00.000Z',
  );
  const file = (type: string, body: string) =>
    fetch(`${shop.url}/v1/rewards/club/pool/codes`, {
      method: 'POST',
      headers: { authorization: 'Bearer ann', 'content-type': type },
      body,
    }).then(async (response) => ({ status: response.status, body: (await response.json()) as unknown }));
  expect(await file('text/csv', 'code\nA-1\n"A-2"\nA-1\n\n')).toEqual({
    status: 200,
    body: { read: 3, accepted: 2, duplicate: 1, rejected: 0, rejections: [] },
  });
  expect(await file('application/x-ndjson', '"A-2"\n{"code":"A-3"}\n7\n{oops\n"C-2"\n')).toMatchObject({
    body: {
      read: 5,
      accepted: 1,
      duplicate: 1,
      rejected: 3,
      rejections: [
        { line: 3, code: 'required' },
        { line: 4, code: 'malformed_json' },
        { line: 5, code: 'code_in_another_pool' },
      ],
    },
  });
  expect(await upload('pool', ['A-4', ' x', 'y'.repeat(201), 'A-4'])).toMatchObject({
    body: { read: 4, accepted: 1, duplicate: 1, rejected: 2 },
  });
  expect(await leftOf('pool')).toBe(4);
  expect(await upload('mug', ['M-1'])).toMatchObject({ status: 422, body: { code: 'unknown_reward' } });
  expect(await upload('pool', 'A-5' as unknown as string[])).toMatchObject({ status: 400 });
  expect(await shop.post('rewards/club/pool/codes', { codes: ['A-9'] })).toMatchObject({ status: 403 });
});
