import { rewardChecks } from './reward-checks.ts';
import { holdWork, rewardWork, settlePieceWork } from './reward-work.ts';
import { openShop, type Shop } from './rewards.fixture.ts';

const PROGRAM = `
program: club
timeZone: UTC
rewards: [{ id: mug, name: { en: Mug }, points: 1, stock: 9 }]
`;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop('reward checks spec', PROGRAM);
});
afterAll(() => shop.close());

const problems = async (): Promise<readonly string[]> =>
  (await Promise.all(rewardChecks.map((check) => check.run(shop.database.pool, Date.now())))).flatMap(
    (one) => one.problems,
  );
const at = (redemption: string) => ({ program: 'club', reward: 'mug', redemption, member: 'm-1' });
const decideWith = (redemption: string, number: number, code: string) =>
  shop.writer.execute(rewardWork('m-1', redemption, { reward: 'mug' }, { kind: 'held', number, code }));

it('finds a piece and a code handed out twice, and a reward that knows otherwise than its members', async () => {
  await shop.earn('m-1', 100);
  await shop.post('members/m-1/redemptions', { reward: 'mug' }, 'honest');
  // On its way: held and not decided yet, decided and not told yet.
  await shop.writer.execute(holdWork({ ...at('held'), asked: {} }));
  await shop.writer.execute(holdWork({ ...at('untold'), asked: {} }));
  await decideWith('untold', 3, 'C-1');
  expect(await problems()).toEqual([]);
  await decideWith('twice', 3, 'C-1');
  await shop.writer.execute(settlePieceWork({ ...at('held'), taken: true }));
  await shop.writer.execute(settlePieceWork({ ...at('untold'), taken: false }));
  expect(await problems()).toEqual([
    'a code of mug in club was handed out 2 times',
    'piece 3 of mug in club was handed out 2 times',
    'redemption held of mug in club was not made, but its piece is taken',
    'redemption twice of mug in club holds no piece',
    'redemption untold of mug in club was made, but its piece is free',
  ]);
});
