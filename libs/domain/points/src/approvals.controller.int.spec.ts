import { openShop, type Said, type Shop } from './rewards.fixture.ts';

const PROGRAM = `
program: club
timeZone: UTC
currency: CNY
points: { expiry: never }
adjustments: { approvalAbove: 1000, approvalWithin: P7D }
`;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop('approvals spec', PROGRAM);
});
afterAll(() => shop.close());

const adjust = (member: string, points: number, key: string, by = 'ann'): Promise<Said> =>
  shop.post(
    `members/${member}/adjustments`,
    { points, reason: 'prize', reference: 'draw-1', program: 'club' },
    key,
    by,
  );
const decide = (member: string, request: string, how: 'approve' | 'refuse', by: string, body = {}): Promise<Said> =>
  shop.post(`members/${member}/adjustments/${request}/${how}`, body, undefined, by);
const heldBy = async (member: string): Promise<unknown> =>
  (await shop.get(`members/${member}/balance`)).body['wallets']?.[0]?.['active'];

it('makes a large adjustment only once somebody else approves it, and shows both in the entries', async () => {
  const asked = await adjust('m-1', 5000, 'big');
  expect(asked).toMatchObject({
    status: 202,
    body: { id: 'big', points: 5000, approval: 'open', lots: [], spendable: 0 },
  });
  expect(await adjust('m-1', 5000, 'big', 'ben')).toMatchObject({ status: 202, replayed: true, body: asked.body });
  expect(await heldBy('m-1')).toBeUndefined();
  expect((await shop.get('adjustments', {}, 'ann')).body['items']).toMatchObject([
    { request: 'big', member: 'm-1', points: 5000, reason: 'prize', reference: 'draw-1', by: 'ann', state: 'open' },
  ]);
  expect(await decide('m-1', 'big', 'approve', 'ann')).toMatchObject({ status: 422, body: { code: 'self_approval' } });
  expect(await decide('m-1', 'big', 'approve', 'cas')).toMatchObject({ status: 403 });
  expect(await decide('m-1', 'big', 'approve', 'ben')).toMatchObject({
    status: 201,
    body: { approval: 'approved', spendable: 5000, lots: [{ lot: '/adjustment/big', points: 5000 }] },
  });
  expect(await decide('m-1', 'big', 'approve', 'ben')).toMatchObject({
    status: 201,
    body: { approval: 'approved', spendable: 5000, lots: [{ lot: '/adjustment/big', points: 5000 }] },
  });
  expect(await heldBy('m-1')).toBe(5000);
  expect(await decide('m-1', 'big', 'refuse', 'ben')).toMatchObject({
    status: 422,
    body: { code: 'request_approved' },
  });
  expect((await shop.get('members/m-1/entries')).body['items']).toMatchObject([
    {
      type: 'adjusted',
      points: 5000,
      by: 'ann',
      approvedBy: 'ben',
      request: 'big',
      reference: 'draw-1',
      balance: 5000,
    },
    { type: 'requested', points: 5000, by: 'ann', request: 'big', postings: [], balance: 0 },
  ]);
  const [, requested] = (await shop.get('members/m-1/entries')).body['items'] as unknown as { position: string }[];
  expect(await shop.get(`entries/${requested?.position}/explanation`)).toMatchObject({
    status: 200,
    body: {
      cause: { kind: 'command', command: { kind: 'adjust', key: 'big' } },
      text: [expect.stringContaining('ann asked'), 'The balance was 0 before and 0 after it.'],
    },
  });
  expect((await shop.get('adjustments', {}, 'ann')).body['items']).toEqual([]);
  expect((await shop.get('adjustments?state=approved', {}, 'ann')).body['items']).toMatchObject([
    { request: 'big', state: 'approved', decidedBy: 'ben' },
  ]);
});

it('lets a small adjustment through, and takes the limit itself for small', async () => {
  expect(await adjust('m-2', 1000, 'small')).toMatchObject({ status: 201, body: { spendable: 1000 } });
  expect(await adjust('m-2', -1000, 'small-back')).toMatchObject({ status: 201, body: { spendable: 0 } });
});

it('asks for approval of a large withdrawal, and refuses at once what cannot be done', async () => {
  expect(await adjust('m-3', -2000, 'none')).toMatchObject({ status: 422, body: { code: 'insufficient_points' } });
  await shop.earn('m-3', 3000);
  expect(await adjust('m-3', -2000, 'take')).toMatchObject({ status: 202, body: { spendable: 3000 } });
  await shop.post('members/m-3/redemptions', { points: 2500 });
  expect(await decide('m-3', 'take', 'approve', 'ben')).toMatchObject({ body: { code: 'insufficient_points' } });
  await shop.earn('m-3', 2000);
  expect(await decide('m-3', 'take', 'approve', 'ben')).toMatchObject({
    status: 201,
    body: { points: -2000, spendable: 500 },
  });
});

it('refuses a request once, and whoever asked may take it back', async () => {
  await adjust('m-4', 2000, 'no');
  expect(await decide('m-4', 'no', 'refuse', 'ben', { reason: 'asked twice' })).toMatchObject({
    status: 201,
    body: { approval: 'refused' },
  });
  expect(await decide('m-4', 'no', 'refuse', 'ann')).toMatchObject({ body: { approval: 'refused' } });
  expect(await decide('m-4', 'no', 'approve', 'ben')).toMatchObject({ status: 422, body: { code: 'request_refused' } });
  await adjust('m-4', 2000, 'own', 'cas');
  expect(await decide('m-4', 'own', 'refuse', 'cas')).toMatchObject({ status: 201 });
  expect(await decide('m-4', 'nothing', 'approve', 'ben')).toMatchObject({ body: { code: 'unknown_request' } });
  expect((await shop.get('members/m-4/entries')).body['items']).toMatchObject([
    { type: 'refused', by: 'cas' },
    { type: 'requested', by: 'cas' },
    { type: 'refused', by: 'ben', reason: 'asked twice' },
    { type: 'requested', by: 'ann' },
  ]);
  expect(await heldBy('m-4')).toBeUndefined();
});

it('two who approve and one who refuses at once decide once', async () => {
  await adjust('m-5', 7000, 'race', 'cas');
  const said = await Promise.all([
    decide('m-5', 'race', 'approve', 'ann'),
    decide('m-5', 'race', 'approve', 'ben'),
    decide('m-5', 'race', 'refuse', 'ben'),
  ]);
  const refused = said[2]?.status === 201;
  expect(said.map(({ status }) => status)).toEqual(refused ? [422, 422, 201] : [201, 201, 422]);
  expect(await heldBy('m-5')).toBe(refused ? undefined : 7000);
});

it('pages through the list, the oldest first', async () => {
  for (const n of [1, 2, 3]) await adjust(`m-page-${n}`, 1001, `page-${n}`);
  const first = (await shop.get('adjustments?limit=2&program=club', {}, 'ann')).body as unknown as {
    items: object[];
    next: string;
  };
  expect(first.items).toMatchObject([{ request: 'page-1' }, { request: 'page-2' }]);
  expect((await shop.get(`adjustments?limit=2&cursor=${first.next}`, {}, 'ann')).body).toMatchObject({
    items: [{ request: 'page-3' }],
    next: null,
  });
  expect((await shop.get('adjustments', {}, 'till')).status).toBe(403);
});
