import 'reflect-metadata';
import { openDatabase, type Database } from '@loyalty/database';
import { createHttpApp, createLogger, fixedKeys, readEnvironment } from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { rating, returning } from '../core/scenario.fixture.ts';
import { installForTests, learnPrograms, recordPast, tell } from '../points.fixture.ts';
import { pointsEntities } from '../points-entities.ts';
import { adjustWork, openLotWork, redeemWork, reserveWork, settleWork, voidWork } from '../points-work.ts';
import { PointsModule } from '../points.module.ts';
import type { PointsWriter } from '../points-writer.ts';
import { POINTS_WRITER } from '../tokens.ts';
import type { Standing, Upcoming } from './open-statement.ts';

const DAY_MS = 86_400_000;
let copy: TestDatabase;
let database: Database;
let app: Awaited<ReturnType<typeof createHttpApp>>;
let writer: PointsWriter;
let url: string;

beforeAll(async () => {
  copy = await testDatabase({ name: 'points', prepare: installForTests });
  database = await openDatabase({ url: copy.url, name: 'statement spec', entities: [...pointsEntities] });
  app = await createHttpApp({
    title: 'Test',
    modules: [PointsModule.forRoot({ validate: true, sweepMs: 0 })],
    environment: readEnvironment({}),
    database,
    keys: fixedKeys({ office: ['points:*'], nobody: [] }),
    logger: await createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
  });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  writer = app.get(POINTS_WRITER);
  await learnPrograms(writer, 'club', 'other');
});
afterAll(async () => {
  await app.close();
  await database.close();
  await copy.close();
});

interface Told {
  readonly period: { from: string; to: string; timeZone: string };
  readonly opening: Standing;
  readonly entries: readonly {
    position: string;
    type: string;
    recordedAt: string;
    text: string;
    points: number;
    balance: number;
  }[];
  readonly closing: Standing;
  readonly upcoming: readonly Upcoming[];
}

async function fetched(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/members/${path}`, { headers: { authorization: 'Bearer office', ...headers } });
}
const statement = async (member: string, query = ''): Promise<Told> =>
  (await (await fetched(`${member}/statement${query}`)).json()) as Told;
const ago = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
const bare = ({ balance, pending, active, owed, due }: Standing): number[] => [balance + due, pending + active - owed];

/** What may happen to a member; amounts and dates by chance. Refusals are part of life. */
const happening = fc.record({
  kind: fc.constantFrom('earn', 'correct', 'return', 'redeem', 'give', 'take', 'reserve', 'void', 'settle'),
  points: fc.integer({ min: 1, max: 120 }),
  purchase: fc.integer({ min: 0, max: 4 }),
  days: fc.integer({ min: -40, max: 60 }),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

async function happens(member: string, n: number, { kind, points, purchase, days }: Happening): Promise<void> {
  const id = `${member}-${purchase}`;
  const bought = () =>
    rating(id, ago(100 - purchase), points, { expiresAt: ago(-days), activeFrom: ago(30) }, kind === 'earn');
  switch (kind) {
    case 'earn':
    case 'correct':
      return tell(writer, member, bought());
    case 'return':
      return tell(writer, member, returning(`${member}-x${n}`, ago(10), { [id]: points }));
    case 'redeem':
      return void (await writer.execute(redeemWork(member, `${member}-${n}`, { points })));
    case 'give':
      return void (await writer.execute(
        adjustWork(member, `${member}-${n}`, { points, reason: 'x', program: 'club', expiresAt: null }),
      ));
    case 'take':
      return void (await writer.execute(adjustWork(member, `${member}-${n}`, { points: -points, reason: 'x' })));
    case 'reserve':
      return void (await writer.execute(reserveWork(member, `${member}-${n}`, { points })));
    case 'void':
      return void (await writer.execute(voidWork(member, `${member}-v${n}`, `${member}-${n - 1}`)));
    case 'settle':
      return void (await writer.execute(settleWork(member)));
  }
}

it('adds up, whatever happened and wherever it is cut: opening + entries = closing, and each closing is the next opening', async () => {
  let members = 0;
  const life = fc.array(happening, { minLength: 4, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(life, fc.array(fc.nat(), { minLength: 2, maxLength: 3 }), async (story, cuts) => {
      const member = `m-life-${members++}`;
      await tell(writer, member, rating(`${member}-0`, ago(100), 500));
      for (const [n, each] of story.entries()) await happens(member, n, each);
      const whole = await statement(member);
      const times = whole.entries.map(({ recordedAt }) => Date.parse(recordedAt));
      const first = Date.parse(whole.period.from);
      const edges = [first, ...cuts.map((cut) => times[cut % times.length] as number), Date.parse(whole.period.to)];
      edges.sort((a, b) => a - b);
      const parts: Told[] = [];
      for (const [i, from] of edges.slice(0, -1).entries()) {
        const to = edges[i + 1] as number;
        if (from === to) continue;
        parts.push(await statement(member, `?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`));
      }
      for (const { opening, entries, closing } of [whole, ...parts]) {
        let balance = opening.balance;
        for (const entry of entries) expect((balance += entry.points)).toBe(entry.balance);
        expect(closing.balance).toBe(balance);
        for (const standing of [opening, closing]) expect(bare(standing)[0]).toBe(bare(standing)[1]);
      }
      expect(parts.flatMap(({ entries }) => entries)).toEqual(whole.entries);
      parts.slice(1).forEach((part, i) => expect(part.opening).toEqual(parts[i]?.closing));
      expect(parts.at(-1)?.closing).toEqual(whole.closing);
    }),
    { numRuns: 25 },
  );
}, 120_000);

it('agrees with the balance and tells what time alone will move', async () => {
  const terms = { activeFrom: ago(-10), expiresAt: ago(-40) };
  await tell(writer, 'm-time', rating('t-1', ago(5), 70, terms));
  await tell(writer, 'm-time', rating('t-2', ago(5), 30, { expiresAt: terms.expiresAt }));
  const told = await statement('m-time');
  expect(told).toMatchObject({
    opening: { balance: 0, pending: 0, active: 0, due: 0 },
    closing: { balance: 100, pending: 70, active: 30, reserved: 0, owed: 0, due: 0 },
    upcoming: [
      { at: terms.activeFrom, active: 70, gone: 0 },
      { at: terms.expiresAt, active: 0, gone: 100 },
    ],
  });
});

it('names what is in effect but not booked yet: an expiry that nobody has written down', async () => {
  await tell(writer, 'm-due', rating('d-1', ago(5), 40, { expiresAt: new Date(Date.now() + 1_500).toISOString() }));
  let told = await statement('m-due');
  while (told.closing.due === 0) told = await statement('m-due');
  expect(told).toMatchObject({ closing: { balance: 40, active: 0, due: -40 }, entries: [{ type: 'earned' }] });
  // The ledger goes by the database's clock, which may be a little behind the one the statement was asked by: booked is to be after it.
  await recordPast(database.pool, writer, 'm-due', Date.parse(told.period.to));
  for (let booked = false; !booked;) {
    const settled = await writer.execute(settleWork('m-due'));
    booked = settled.kind === 'accepted' && settled.position !== null;
  }
  const after = await statement('m-due', `?from=${told.period.to}`);
  expect(after).toMatchObject({ opening: { balance: 40, due: -40 }, closing: { balance: 0, due: 0 } });
  expect(after.entries).toMatchObject([{ type: 'expired', points: -40, balance: 0 }]);
});

it('takes days of the program’s calendar, both included, and cuts off what lies ahead', async () => {
  const data = { program: 'far', version: 'v1', effectiveFrom: '2020-01-01T00:00:00.000Z', timeZone: 'Asia/Shanghai' };
  await writer.broadcast('program:far', [{ type: 'terms.learned.v1', time: 0, data }]);
  await tell(writer, 'm-far', rating('f-1', ago(1), 5, { program: 'far' }));
  const past = await statement('m-far', '?from=2026-01-01&to=2026-01-31');
  expect(past).toMatchObject({
    period: { from: '2025-12-31T16:00:00.000Z', to: '2026-01-31T16:00:00.000Z', timeZone: 'Asia/Shanghai' },
    entries: [],
    closing: { balance: 0 },
  });
  const ahead = await statement('m-far', '?to=2999-01-01');
  expect(Date.parse(ahead.period.to)).toBeLessThan(Date.now() + 60_000);
  expect(ahead.closing.balance).toBe(5);
});

it.each([
  ['?from=2026-02-30', '/from'],
  ['?to=soon', '/to'],
  ['?from=2026-02-02T00:00:00', '/from'],
  ['?from=2026-02-02&to=2026-01-31', '/from'],
  ['?from=2001-01-01', '/from'],
  ['?format=pdf', '/format'],
  ['?lang=de', '/lang'],
])('refuses %s with the field at fault', async (query, pointer) => {
  const response = await fetched(`m-time/statement${query}`);
  expect([response.status, await response.json()]).toMatchObject([400, { errors: [{ pointer, in: 'query' }] }]);
});

it('is about one wallet, and says which there are', async () => {
  await tell(writer, 'm-two', rating('two-1', ago(5), 10));
  await tell(writer, 'm-two', rating('two-2', ago(5), 20, { program: 'other' }));
  const answer = async (path: string) => {
    const response = await fetched(path);
    return [response.status, await response.json()];
  };
  expect(await answer('m-two/statement')).toMatchObject([400, { code: 'program_required' }]);
  expect(await answer('m-two/statement?program=none')).toMatchObject([404, { code: 'not_in_program' }]);
  expect(await answer('m-none/statement')).toMatchObject([404, { code: 'unknown_member' }]);
  expect((await statement('m-two', '?program=other')).entries).toMatchObject([{ points: 20, balance: 20 }]);
  const forbidden = await fetch(`${url}/v1/members/m-two/statement`, { headers: { authorization: 'Bearer nobody' } });
  expect(forbidden.status).toBe(403);
});

describe('for a spreadsheet', () => {
  beforeAll(async () => {
    await tell(writer, 'm-sheet', rating('=cmd|1', ago(5), 50, { expiresAt: ago(-5) }));
    const given = { points: 5, reason: '=HYPERLINK("http://x","y")', reference: '@SUM(A1)', expiresAt: null };
    await writer.execute(adjustWork('m-sheet', 'sheet-1', { ...given, program: 'club' }));
    await writer.execute(adjustWork('m-sheet', 'sheet-2', { points: -3, reason: 'comma, "quote"\nand a line' }));
  });

  it('adds up, and no text of it is a formula', async () => {
    const response = await fetched('m-sheet/statement', { accept: 'text/csv' });
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="statement.csv"');
    const text = Buffer.from(await response.arrayBuffer()).toString('utf8');
    expect(text.startsWith('\ufeffdate,booked,zone,type,what,points,balance')).toBe(true);
    const rows: Record<string, string>[] = parse(text, { bom: true, columns: true });
    expect(rows.map(({ type, points, balance }) => [type, points, balance])).toEqual([
      ['opening', '', '0'],
      ['earned', '50', '50'],
      ['adjusted', '5', '55'],
      ['adjusted', '-3', '52'],
      ['closing', '', '52'],
      ['gone', '-47', ''],
      ['account', '', ''],
    ]);
    expect(rows[2]).toMatchObject({
      what: 'Adjustment: =HYPERLINK("http://x","y") (@SUM(A1))',
      reference: "'@SUM(A1)",
    });
    expect(rows[3]?.['what']).toBe('Adjustment: comma, "quote"\nand a line');
    const cells = rows.flatMap((row) =>
      Object.entries(row)
        .filter(([column]) => column !== 'points')
        .map(([, cell]) => cell),
    );
    expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
  });

  it('speaks Chinese to whoever asks for it', async () => {
    const text = await (await fetched('m-sheet/statement?format=csv&lang=zh-CN')).text();
    expect(text).toContain('期初余额');
    expect(text).toContain('购买 shop/=cmd|1');
  });
});

describe('as a page', () => {
  it('is escaped, complete in itself and in the reader’s language', async () => {
    await tell(writer, 'm-<b>', rating('p-1', ago(5), 1_234, { expiresAt: ago(-5) }));
    const reason = '<script>alert("x")</script>&';
    await writer.execute(adjustWork('m-<b>', 'page-1', { points: -4, reason }));
    const response = await fetched(`${encodeURIComponent('m-<b>')}/statement`, {
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8',
    });
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-language')).toBe('zh-CN');
    const page = await response.text();
    expect(page).toContain('<html lang="zh-CN">');
    expect(page).toContain('<title>积分对账单 · m-&lt;b&gt;</title>');
    expect(page).toContain('调整：&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;');
    expect(page).toContain('<td class="number">+1,234</td><td class="number">1,234</td>');
    expect(page).not.toMatch(/<script|src=|href=|url\(|@import/);
    expect(page).toMatch(/<\/html>\s*$/);
    expect([...page.matchAll(/<(table|tr|td|tbody|dl)\b/g)]).toHaveLength(
      [...page.matchAll(/<\/(table|tr|td|tbody|dl)>/g)].length,
    );
    const english = await (await fetched(`${encodeURIComponent('m-<b>')}/statement?format=html`)).text();
    expect(english).toContain('<h1>Points statement</h1>');
  });
});

it('is written a page at a time, however many entries there are', async () => {
  const dates = { earnedAt: 0, activeFrom: 0, expiresAt: null };
  const works = Array.from({ length: 3_000 }, (_, i) =>
    openLotWork('m-whale', { program: 'club', points: i + 1, reference: `w-${i}`, ...dates }),
  );
  await writer.executeMany(works);
  const response = await fetched('m-whale/statement');
  let chunks = 0;
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    chunks++;
    text += chunk;
  }
  expect(chunks).toBeGreaterThan(5);
  const told = JSON.parse(text) as Told;
  expect(told.entries).toHaveLength(3_000);
  expect(told.closing).toMatchObject({ balance: 4_501_500, active: 4_501_500, due: 0 });
});
