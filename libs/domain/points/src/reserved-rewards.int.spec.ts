import { pointsChecks } from './checks.ts';
import { createPointsWriter, type PointsWriter } from './points-writer.ts';
import { captureWork } from './points-work.ts';
import { rewardChecks } from './reward-checks.ts';
import { RewardDesk } from './reward-desk.ts';
import { openShop, type Said, type Shop } from './rewards.fixture.ts';
import { sweep } from './sweep.ts';

const PROGRAM = `
program: club
timeZone: Asia/Shanghai
points: { expiry: never }
rewards:
  - { id: voucher, name: { en: 20 off }, points: 20, codes: pool }
  - { id: mug, name: { en: Mug }, points: 10, stock: 1 }
  - { id: hug, name: { en: Hug }, points: 1, perMember: { count: 1, per: day } }
  - { id: pen, name: { en: Pen }, points: 5, stock: 2 }
`;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop('reserved rewards spec', PROGRAM);
});
afterAll(() => shop.close());
afterEach(async () => {
  for (const check of [...pointsChecks, ...rewardChecks])
    expect(await check.run(shop.database.pool, Date.now())).toMatchObject({ ok: true, problems: [] });
});

const reserve = (member: string, reward: string, once?: string, more: object = {}): Promise<Said> =>
  shop.post(`members/${member}/reservations`, { reward, ...more }, once);
const leftOf = async (reward: string): Promise<number | null> => {
  const { items } = (await shop.get('rewards')).body as unknown as { items: { id: string; left: number | null }[] };
  return items.find(({ id }) => id === reward)?.left as number | null;
};
const pieces = async (reward: string): Promise<object[]> =>
  (
    await shop.database.pool.query<object>(
      'SELECT state, redemption FROM points.reward_pieces WHERE reward = $1 ORDER BY piece',
      [reward],
    )
  ).rows;

/** A desk in another process whose clock is ahead: reservations of this one have ended there. */
async function later(minutes: number, work: (desk: RewardDesk, writer: PointsWriter) => Promise<void>): Promise<void> {
  const writer = createPointsWriter(shop.database.pool, {
    validate: true,
    clock: () => (Date.now() + minutes * 60_000) * 1000,
  });
  try {
    await work(new RewardDesk(shop.database.pool, writer), writer);
  } finally {
    await writer.close();
  }
}

it('holds the piece, keeps the code back until it is captured, and gives the same to every retry', async () => {
  await shop.post('rewards/club/voucher/codes', { codes: ['V-1', 'V-2'] }, undefined, 'ann');
  await shop.earn('m-1', 100);
  const reserved = await reserve('m-1', 'voucher', 'basket-1', { reference: 'till-3/1' });
  expect(reserved).toMatchObject({
    status: 201,
    body: { id: 'basket-1', points: 20, spendable: 80, reward: 'voucher', piece: 1, until: expect.any(String) },
  });
  expect(reserved.body).not.toHaveProperty('code');
  expect(await reserve('m-1', 'voucher', 'basket-1', { reference: 'till-3/1' })).toMatchObject({
    status: 200,
    replayed: true,
    body: reserved.body,
  });
  expect(await leftOf('voucher')).toBe(1);
  const list = (await shop.get('members/m-1/reservations')).body as unknown as { items: object[] };
  expect(list.items).toMatchObject([{ reservation: 'basket-1', reward: 'voucher', state: 'open' }]);
  const entries = (await shop.get('members/m-1/entries')).body as unknown as { items: object[] };
  expect(JSON.stringify(entries)).not.toContain('V-1');
  expect(await shop.post('members/m-1/reservations/basket-1/capture', { points: 19 })).toMatchObject({
    status: 422,
    body: { code: 'reward_is_whole' },
  });
  const captured = await shop.post('members/m-1/reservations/basket-1/capture', {}, 'capture-1');
  expect(captured).toMatchObject({ status: 201, body: { points: 20, reward: 'voucher', piece: 1, code: 'V-1' } });
  expect(await shop.post('members/m-1/reservations/basket-1/capture', {}, 'capture-1')).toMatchObject({
    status: 200,
    body: captured.body,
  });
  expect(await pieces('voucher')).toMatchObject([{ state: 'taken', redemption: 'basket-1' }, { state: 'free' }]);
  expect(await shop.post('members/m-1/redemptions/basket-1/undo')).toMatchObject({ status: 201, body: { left: 0 } });
  expect(await pieces('voucher')).toMatchObject([{ state: 'returned' }, { state: 'free' }]);
});

it('is out of stock for others while it runs, and free at once when it is given up', async () => {
  for (const member of ['m-2', 'm-3']) await shop.earn(member, 100);
  await reserve('m-2', 'mug', 'mug-2');
  expect(await reserve('m-3', 'mug')).toMatchObject({ status: 422, body: { code: 'reward_out_of_stock' } });
  expect(await shop.post('members/m-2/reservations/mug-2/void')).toMatchObject({ status: 201, body: { piece: 1 } });
  expect(await leftOf('mug')).toBe(1);
  expect(await reserve('m-3', 'mug', 'mug-3')).toMatchObject({ status: 201, body: { piece: 1 } });
  expect(await shop.post('members/m-3/reservations/mug-3/capture')).toMatchObject({ status: 201 });
  expect(await leftOf('mug')).toBe(0);
});

it('counts for the limit of its member until it ends', async () => {
  await shop.earn('m-4', 100);
  await reserve('m-4', 'hug', 'hug-4');
  const limited = { status: 422, body: { code: 'reward_limit_reached' } };
  expect(await reserve('m-4', 'hug')).toMatchObject(limited);
  expect(await shop.post('members/m-4/redemptions', { reward: 'hug' })).toMatchObject(limited);
  await shop.post('members/m-4/reservations/hug-4/void');
  expect(await reserve('m-4', 'hug', 'hug-5')).toMatchObject({ status: 201 });
  expect(await shop.post('members/m-4/reservations/hug-5/capture')).toMatchObject({ status: 201 });
  expect(await reserve('m-4', 'hug')).toMatchObject(limited);
});

it.each([
  [{ reward: 'pen', ttl: 'P31D' }, 422, 'invalid_ttl'],
  [{ reward: 'pen', points: 5 }, 400, 'bad_input'],
  [{ reward: 'pen', purchaseTotal: '5.00' }, 400, 'bad_input'],
  [{}, 400, 'bad_input'],
  [{ reward: 'nothing' }, 422, 'unknown_reward'],
])('asked for as %j it is refused with %d %s, and no piece is touched', async (body, status, code) => {
  await shop.earn('m-5', 10);
  expect(await shop.post('members/m-5/reservations', body)).toMatchObject({ status, body: { code } });
  expect(await pieces('pen')).toEqual([]);
});

it('frees its piece at its end for whoever comes first, without a job; one that was captured stays taken', async () => {
  for (const member of ['m-6', 'm-7', 'm-8']) await shop.earn(member, 100);
  await reserve('m-6', 'pen', 'pen-6', { ttl: 'PT1M' });
  await reserve('m-7', 'pen', 'pen-7', { ttl: 'PT1M' });
  // Captured by a process that dies before it tells the reward.
  await shop.writer.execute(captureWork('m-7', 'capture-7', { reservation: 'pen-7' }));
  expect(await pieces('pen')).toMatchObject([{ state: 'reserved' }, { state: 'reserved' }]);
  expect(await reserve('m-8', 'pen')).toMatchObject({ status: 422, body: { code: 'reward_out_of_stock' } });
  await later(2, async (desk) => {
    // All at once: one of them gets it. Whoever is told that it is busy may ask again, and is refused then.
    const ask = (key: string) => desk.reserve('m-8', key, { reward: 'pen' });
    const keys = Array.from({ length: 10 }, (_, i) => `pen-8-${i}`);
    await Promise.allSettled(keys.map(ask));
    const answers = await Promise.all(keys.map(ask));
    const codes = answers.map((each) => (each.kind === 'refused' ? each.refusal.code : each.kind)).sort();
    expect(codes).toEqual(['accepted', ...Array<string>(9).fill('reward_out_of_stock')]);
    expect(answers.find(({ kind }) => kind === 'accepted')).toMatchObject({ answer: { piece: 1 } });
  });
  expect(await pieces('pen')).toMatchObject([{ state: 'reserved' }, { state: 'taken', redemption: 'pen-7' }]);
});

it('is brought to its end where a process died halfway, with the end that its client was promised', async () => {
  await shop.post('rewards/club/voucher/codes', { codes: ['V-3'] }, undefined, 'ann');
  await shop.earn('m-9', 100);
  const { pool } = shop.database;
  const dying: Pick<PointsWriter, 'execute'> = {
    execute: (work) =>
      work.input.kind === 'settlePiece' ? Promise.reject(new Error('died')) : shop.writer.execute(work),
  };
  await expect(new RewardDesk(pool, dying).reserve('m-9', 'v-9', { reward: 'voucher' })).rejects.toThrow('died');
  expect((await pieces('voucher'))[1]).toMatchObject({ state: 'held', redemption: 'v-9' });
  await sweep(pool, shop.writer, Date.now());
  expect((await pieces('voucher'))[1]).toMatchObject({ state: 'reserved', redemption: 'v-9' });
  const { rows } = await pool.query<{ same: boolean }>(
    `SELECT p.until = r.until AS same FROM points.reward_pieces AS p JOIN points.reservations AS r ON r.reservation = p.redemption
     WHERE p.redemption = 'v-9'`,
  );
  expect(rows).toEqual([{ same: true }]);
  expect(await shop.post('members/m-9/reservations/v-9/capture')).toMatchObject({ status: 201, body: { code: 'V-2' } });
});
