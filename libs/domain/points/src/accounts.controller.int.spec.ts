import { accountChecks } from './account-checks.ts';
import { checksumRows } from './checksum-rows.ts';
import { openShop, type Said, type Shop } from './rewards.fixture.ts';

const PROGRAM = `
program: club
timeZone: Asia/Shanghai
points: { expiry: never }
`;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop('accounts spec', PROGRAM);
});
afterAll(() => shop.close());

const why = { reason: 'card lost', reference: 'case-18' };
const step = (member: string, how: 'close' | 'reopen', key?: string, by = 'ann', body: object = why): Promise<Said> =>
  shop.post(`members/${member}/${how}`, body, key, by);
const closed = { status: 422, body: { code: 'account_closed' } };
const balanceOf = async (member: string, query = ''): Promise<Record<string, unknown>> =>
  (await shop.get(`members/${member}/balance${query}`)).body;
async function checksum(at: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of checksumRows(shop.database.pool, at)) lines.push(line.replaceAll('\x1f', ' '));
  return lines;
}

it('answers with the entry, and with the same to a retry by whomever', async () => {
  await shop.earn('m-1', 100);
  const before = new Date(Date.now() - 1).toISOString();
  const said = await step('m-1', 'close', 'shut');
  expect(said).toMatchObject({
    status: 201,
    body: { type: 'closed', by: 'ann', ...why, points: 0, postings: [], position: expect.stringMatching(/^\d+\/\d+$/) },
  });
  expect(said.body).not.toHaveProperty('program');
  expect(await step('m-1', 'close', 'shut', 'ben')).toEqual({ ...said, status: 200, replayed: true });
  expect(await step('m-1', 'close', 'shut', 'ann', { reason: 'other' })).toMatchObject({ status: 409 });
  expect(await step('m-1', 'close')).toMatchObject({ status: 422, body: { code: 'already_closed' } });
  expect(await step('m-1', 'close', 'k', 'till')).toMatchObject({ status: 403 });
  expect(await step('m-1', 'close', 'k', 'ann', {})).toMatchObject({ status: 400 });
  const at: string = said.body['at']!;
  expect(await balanceOf('m-1')).toMatchObject({ closedAt: at, wallets: [{ active: 100 }] });
  expect(await balanceOf('m-1', `?at=${encodeURIComponent(at)}`)).toMatchObject({ closedAt: at });
  expect(await balanceOf('m-1', `?at=${encodeURIComponent(before)}`)).not.toHaveProperty('closedAt');
  expect(await balanceOf('m-1', `?at=2100-01-01T00:00:00Z&known=${before}`)).not.toHaveProperty('closedAt');
});

it('refuses every way to use points until it is reopened, and keeps them', async () => {
  await shop.earn('m-2', 100);
  const made = await shop.post('members/m-2/redemptions', { points: 10 }, 'r-2');
  expect(made).toMatchObject({ status: 201 });
  await step('m-2', 'close');
  expect(await shop.post('members/m-2/redemptions', { points: 10 }, 'later')).toMatchObject(closed);
  expect(await shop.post('members/m-2/redemptions', { points: 10 }, 'r-2')).toMatchObject({
    status: 200,
    body: made.body,
  });
  expect(await shop.post('members/m-2/reservations', { points: 10, ttl: 'PT1H' })).toMatchObject(closed);
  expect(await shop.post('members/m-2/transfers', { points: 10, to: 'm-9' })).toMatchObject(closed);
  const adjust = (points: number) => shop.post('members/m-2/adjustments', { points, reason: 'x' }, undefined, 'ann');
  expect(await adjust(5)).toMatchObject(closed);
  expect(await adjust(-5)).toMatchObject({ status: 201, body: { spendable: 85 } });
  expect(await shop.post('members/m-2/redemptions/r-2/undo')).toMatchObject({ status: 201, body: { spendable: 95 } });
  await shop.earn('m-2', 7);
  expect(await step('m-2', 'reopen')).toMatchObject({ status: 201, body: { type: 'reopened' } });
  expect(await step('m-2', 'reopen')).toMatchObject({ status: 422, body: { code: 'not_closed' } });
  expect(await balanceOf('m-2')).not.toHaveProperty('closedAt');
  expect(await shop.post('members/m-2/redemptions', { points: 102 })).toMatchObject({ status: 201 });
});

it('what is sent to a closed account arrives and stays there', async () => {
  await shop.earn('m-3', 50);
  await step('m-4', 'close');
  expect(await shop.post('members/m-3/transfers', { points: 50, to: 'm-4' })).toMatchObject({ status: 201 });
  expect(await balanceOf('m-4')).toMatchObject({ wallets: [{ received: 50, active: 50 }] });
  expect(await shop.post('members/m-4/redemptions', { points: 1 })).toMatchObject(closed);
});

it('stands among the entries, explained in both languages on the program’s clocks', async () => {
  await shop.earn('m-5', 10);
  const position: string = (await step('m-5', 'close')).body['position']!;
  const { items } = (await shop.get('members/m-5/entries')).body as unknown as { items: Record<string, unknown>[] };
  expect(items).toMatchObject([
    { type: 'closed', by: 'ann', reference: 'case-18' },
    { type: 'earned', balance: 10 },
  ]);
  expect(items[0]).not.toHaveProperty('balance');
  const english = (await shop.get(`entries/${position}/explanation`)).body as Record<string, unknown>;
  expect(english).toMatchObject({
    cause: { kind: 'command', command: { kind: 'close' } },
    timeZone: 'Asia/Shanghai',
    lots: [],
    buckets: [],
  });
  expect(english['text']).toEqual([
    expect.stringMatching(/^ann closed the account at .*: card lost\. Its points stay/),
  ]);
  const chinese = (await shop.get(`entries/${position}/explanation?lang=zh-CN`)).body as Record<string, unknown>;
  expect(chinese['text']).toEqual([expect.stringContaining('关闭账户：card lost。积分保留')]);
});

it('belongs to the checksum from its instant on', async () => {
  const before = Date.now();
  expect((await checksum(before - 60_000)).filter((line) => line.includes('closed'))).toEqual([]);
  const at: string = (await step('m-6', 'close')).body['at']!;
  const line = `m-6  closed ${Date.parse(at)}`;
  expect((await checksum(Date.parse(at))).at(-1)).toBe(line);
  expect(await checksum(Date.parse(at) - 1)).not.toContain(line);
  await step('m-6', 'reopen');
  expect(await checksum(Date.now() + 60_000)).not.toContain(line);
});

describe('in a statement', () => {
  const read = async (member: string, query: string): Promise<string> => {
    const headers = { authorization: 'Bearer till' };
    return (await fetch(`${shop.url}/v1/members/${member}/statement?${query}`, { headers })).text();
  };
  const told = async (member: string, query = '') => JSON.parse(await read(member, query)) as Told;
  interface Told {
    entries: { type: string }[];
    account: { closedAt: string | null; steps: { type: string; text: string; position: string; recordedAt: string }[] };
  }

  it('stands apart from the entries, and whether it was closed at the end of the period', async () => {
    await shop.earn('m-8', 10);
    expect((await told('m-8')).account).toEqual({ closedAt: null, steps: [] });
    const shut = (await step('m-8', 'close')).body as Record<string, string>;
    const closed = await told('m-8');
    expect(closed.entries.map(({ type }) => type)).toEqual(['earned']);
    const own = { type: 'closed', text: 'Account closed: card lost (case-18)', reference: 'case-18', at: shut['at'] };
    expect(closed.account).toMatchObject({ closedAt: shut['at'], steps: [{ ...own, position: shut['position'] }] });
    expect(closed.account.steps[0]).not.toHaveProperty('points');
    const open = (await step('m-8', 'reopen')).body as Record<string, string>;
    expect((await told('m-8')).account).toMatchObject({ closedAt: null, steps: [own, { type: 'reopened' }] });
    // Periods that begin and end between the two.
    const between = new Date(Date.parse(open['recordedAt']!)).toISOString();
    const [before, after] = [await told('m-8', `to=${between}`), await told('m-8', `from=${between}`)];
    expect(before.account).toMatchObject({ closedAt: shut['at'], steps: [own] });
    expect(after.account).toMatchObject({ closedAt: null, steps: [{ type: 'reopened' }] });
  });

  it('stands in the spreadsheet and on the page, in both languages', async () => {
    await shop.earn('m-9', 10);
    expect(await read('m-9', 'format=html')).toContain('<p>The account was open at the end of the period.</p>');
    await step('m-9', 'close');
    const csv = (await read('m-9', 'format=csv')).trimEnd().split('\r\n').slice(-2);
    expect(csv[0]).toMatch(/,closed,Account closed: card lost \(case-18\),,,\d+\/\d+,,case-18$/);
    expect(csv[1]).toMatch(/,account,"?The account was closed at the end of the period, since /);
    expect(await read('m-9', 'format=csv&lang=zh-CN')).toMatch(/,account,期末账户已关闭（自 /);
    const page = await read('m-9', 'format=html&lang=zh-CN');
    expect(page).toMatch(/<h2>账户<\/h2>\n<p>期末账户已关闭（自 .* 起）。/);
    expect(page).toContain('<td>账户关闭：card lost（case-18）</td>');
  });
});

it('is checked against the log', async () => {
  const problems = async () => (await accountChecks[0]!.run(shop.database.pool, Date.now())).problems;
  await shop.earn('m-7', 10);
  await step('m-7', 'close');
  expect(await problems()).toEqual([]);
  await shop.database.pool.query(`UPDATE points.account_steps SET closed = false WHERE member = 'm-7'`);
  expect(await problems()).toEqual([expect.stringMatching(/^the account of m-7 is not what its entry \d+\/\d+ says$/)]);
  await shop.database.pool.query(`UPDATE points.account_steps SET closed = true WHERE member = 'm-7'`);
});
