import { openShop, type Shop } from './rewards.fixture.ts';

const PROGRAM = `
program: club
timeZone: Asia/Shanghai
currency: CNY
points: { value: 0.01, expiry: never }
redemption: { minimum: 100, maxShareOfPurchase: 0.5 }
rewards: [{ id: mug, name: { en: Mug }, points: 10 }]
`;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop('money off spec', PROGRAM);
});
afterAll(() => shop.close());

it.each([
  [{}, 400, 'bad_input'],
  [{ reward: 'mug', points: 10 }, 400, 'bad_input'],
  [{ reward: 'mug', purchaseTotal: '10' }, 400, 'bad_input'],
  [{ points: 200 }, 422, 'purchase_total_required'],
  [{ points: 200, purchaseTotal: '3.99' }, 422, 'above_share_of_purchase'],
  [{ points: 200, purchaseTotal: '400', currency: 'GBP' }, 422, 'wrong_currency'],
  [{ points: 99, purchaseTotal: '400' }, 422, 'below_minimum'],
  [{ points: 200, purchaseTotal: '-1' }, 400, 'bad_input'],
  [{ points: 200, purchaseTotal: 4 }, 400, 'bad_input'],
])('a redemption of %j is answered %d %s', async (body, status, code) => {
  await shop.earn('m-till', 1_000);
  expect(await shop.post('members/m-till/redemptions', body)).toMatchObject({ status, body: { code } });
});

it('says what points are worth off a purchase, when redeemed and when reserved and captured', async () => {
  await shop.earn('m-money', 1_000);
  const paid = await shop.post(
    'members/m-money/redemptions',
    { points: 250, purchaseTotal: '5.0', currency: 'CNY' },
    'pay',
  );
  expect(paid).toMatchObject({
    status: 201,
    body: { points: 250, money: { amount: '2.5', currency: 'CNY', pointValue: '0.01' }, spendable: 750 },
  });
  const same = await shop.post(
    'members/m-money/redemptions',
    { points: 250, purchaseTotal: '5.00', currency: 'CNY' },
    'pay',
  );
  expect(same).toMatchObject({ status: 200, body: paid.body });
  expect(await shop.post('members/m-money/reservations', { points: 300 })).toMatchObject({
    body: { code: 'purchase_total_required' },
  });
  const reserved = await shop.post('members/m-money/reservations', { points: 300, purchaseTotal: '80' }, 'basket');
  expect(reserved).toMatchObject({ status: 201, body: { money: { amount: '3' } } });
  expect(await shop.post('members/m-money/reservations/basket/capture', { points: 111 })).toMatchObject({
    body: { money: { amount: '1.11' }, released: 189 },
  });
});
