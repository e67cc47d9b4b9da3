import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { createLogger, createRuntime, readEnvironment, type Runtime } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { parts } from './parts.ts';

const TITLE = 'explanations';
let database: TestDatabase;
let runtime: Runtime;
let url: string;
let key: string;

beforeAll(async () => {
  database = await testDatabase();
  const environment = readEnvironment({ DATABASE_URL: database.url, SWEEP_SECONDS: '0' });
  const logger = await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, TITLE);
  runtime = await createRuntime({ environment, logger, title: TITLE, parts: parts(environment) });
  key = await runtime.keys.create('spec', ['*']);
  await runtime.start();
  await runtime.app.listen(0, '127.0.0.1');
  url = await runtime.app.getUrl();
});
afterAll(async () => {
  await runtime.close();
  await database.close();
});

type Body = Record<string, never>;
async function ask(path: string, init: RequestInit = {}): Promise<Body> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...(init.headers as object) };
  const response = await fetch(url + path, { ...init, headers });
  const body = (await response.json()) as Body;
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}

/** The receipt's first entry, explained. */
async function booked(document: { id: string; [field: string]: unknown }, member = 'm-1'): Promise<Body> {
  const body = { source: 'till', member, currency: 'CNY', ...document };
  await ask('/v1/purchases', { method: 'POST', body: JSON.stringify(body) });
  const receipt = (await ask(`/v1/members/${member}/entries?cause=till/${document.id}&wait=20`)) as unknown as {
    items: { position: string }[];
  };
  return ask(`/v1/entries/${receipt.items[0]!.position}/explanation`);
}

const coffee = { item: 'coffee', quantity: '3', unitPrice: '19.90' };

it('follows points from the entry to the rule, and the rating run again from the log is the same', async () => {
  const told = await booked({ id: 'p-1', at: '2026-06-06T10:15:00+08:00', lines: [coffee] });
  expect(told).toMatchObject({
    cause: { kind: 'purchase', document: { source: 'till', id: 'p-1' }, event: expect.any(String) as string },
    inForceSince: '1999-12-31T16:00:00.000Z',
    rating: {
      tier: 'bronze',
      inputs: { currency: 'CNY', eligible: '59.7', lines: [{ line: 1, quantity: '3', amount: '59.7' }] },
      fired: [{ rule: 'base', line: 1, points: 59 }],
      notFired: [{ rule: 'tier-bonus', because: 'tier' }],
    },
    timeZone: 'Asia/Shanghai',
  });
  const { text, links } = told as unknown as { text: string[]; links: { rating: string } };
  expect(text).toEqual([
    'Purchase till/p-1 of 6 Jun 2026, 10:15 earned 59 points.',
    expect.stringMatching(
      /^Rated by version \w{8} of the program, in force since 1 Jan 2000, 00:00, at tier bronze; 59\.7 CNY counted\.$/,
    ),
    'Rule base gave 59 points for line 1.',
    'Rule tier-bonus gave nothing: it gives nothing at this tier.',
    'They can be spent from 20 Jun 2026, 10:15 on; they are gone from 1 Jul 2027, 00:00 on.',
    'The balance was 0 before and 59 after it.',
  ]);
  expect(await ask(links.rating)).toMatchObject({ member: 'm-1', recomputed: { matches: true, differences: [] } });
});

it('says which late document corrected a rating, in Chinese to whoever asks for it', async () => {
  await booked({ id: 'p-2', at: '2026-06-08T10:00:00+08:00', lines: [{ ...coffee, unitPrice: '1000' }] });
  await booked({ id: 'p-3', at: '2026-06-07T10:00:00+08:00', lines: [{ ...coffee, unitPrice: '900' }] });
  const { items } = (await ask('/v1/members/m-1/entries?cause=till/p-2&wait=20')) as unknown as {
    items: { position: string; type: string }[];
  };
  const { position } = items.find(({ type }) => type === 'corrected')!;
  const told = await ask(`/v1/entries/${position}/explanation`, { headers: { 'accept-language': 'zh-CN,zh;q=0.9' } });
  expect(told).toMatchObject({
    cause: { kind: 'correction', correction: { kind: 'purchase', source: 'till', id: 'p-3' } },
    rating: { tier: 'silver', previousPoints: 3000, notFired: [] },
    text: [
      '更正：购买 till/p-2，比先前入账增加 750 积分。',
      '另一笔购买补录后，本笔购买的积分随之改变：till/p-3。',
      expect.stringContaining('等级 silver，可计金额 3000 CNY。') as string,
      '规则 base 给予 3,000 积分（第 1 行）。',
      '规则 tier-bonus 给予 750 积分（第 1 行）。',
      expect.stringContaining('起失效。') as string,
      expect.stringMatching(/^余额由 [\d,]+ 变为 [\d,]+。$/) as string,
    ],
  });
});

it('says which cap it was that kept points back, and no cap where there was none', async () => {
  const standard = await readFile(new URL('../../../programs/standard.yaml', import.meta.url), 'utf8');
  const document = standard.replace('program: standard', 'program: rich').replace('{ points: 1,', '{ points: 9,');
  await ask('/v1/programs', { method: 'POST', body: JSON.stringify({ document }) });
  const most = { ...coffee, quantity: '9000', unitPrice: '100000000000' };
  const large = { id: 'p-5', program: 'rich', at: '2026-06-08T10:00:00+08:00', lines: [most] };
  expect(await booked(large, 'm-3')).toMatchObject({ caps: [], rating: { tier: 'bronze' } });
  // Silver from there on: a quarter more would be more than 2^53 - 1.
  const before = { ...large, id: 'p-6', at: '2026-06-07T10:00:00+08:00', lines: [{ ...coffee, unitPrice: '900' }] };
  await booked(before, 'm-3');
  const { items } = (await ask('/v1/members/m-3/entries?cause=till/p-5&wait=20')) as unknown as {
    items: { position: string; type: string }[];
  };
  const { position } = items.find(({ type }) => type === 'corrected')!;
  const caps = [{ cap: 'countable_points', limit: Number.MAX_SAFE_INTEGER }];
  const told = async (lang: string): Promise<Body> => ask(`/v1/entries/${position}/explanation?lang=${lang}`);
  const english = await told('en');
  expect(english).toMatchObject({ caps, rating: { reason: 'too_many_points', previousPoints: 8_100_000_000_000_000 } });
  expect(english['text']).toEqual(
    expect.arrayContaining([
      'The purchase earns nothing: it would be worth more points than can be counted.',
      'A purchase counts for 9,007,199,254,740,991 points at most; one worth more earns none.',
    ]),
  );
  expect((await told('zh-CN'))['text']).toContain('单笔购买最多计 9,007,199,254,740,991 积分，超出则不计积分。');
});

it('says what a return takes back of which purchase', async () => {
  const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
  await booked({ id: 'p-4', at: ago(3), lines: [coffee] }, 'm-2');
  const told = await booked({ id: 'r-1', at: ago(1), lines: [{ ...coffee, quantity: '-1' }] }, 'm-2');
  expect(told).toMatchObject({
    cause: { kind: 'return', document: { source: 'till', id: 'r-1' } },
    rating: {
      inputs: { matches: [{ source: 'till', id: 'p-4', line: 1, quantity: '1' }] },
      reversals: [{ purchase: { source: 'till', id: 'p-4' }, points: 19 }],
    },
    lots: [{ lot: 'till/p-4', postings: { held: -19, reversed: 19 } }],
  });
});
