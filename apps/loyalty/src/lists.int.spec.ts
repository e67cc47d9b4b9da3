import 'reflect-metadata';
import {
  createLogger,
  createRuntime,
  encodeCursor,
  readEnvironment,
  type CursorPart,
  type Runtime,
} from '@loyalty/service';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { parts } from './parts.ts';

/** Every list of all services: its path, and the name and the parts of its cursors. */
const LISTS: readonly (readonly [path: string, name: string, parts: readonly CursorPart[]])[] = [
  ['/v1/members/m-1/lots', 'lots', ['club', 'shop/1']],
  ['/v1/members/m-1/entries', 'entries', [7, '[["club",5]]']],
  ['/v1/members/m-1/reservations', 'reservations', ['v-7']],
  ['/v1/adjustments', 'adjustments', ['2026-06-01 10:00:00.000123+00', 'a-4']],
  ['/v1/cases', 'cases', ['2026-06-01 10:00:00.000123+00', 'case-1']],
  ['/v1/analytics/daily-sales', 'daily-sales', ['2026-06-01', 'till', '', '', 'CNY']],
  ['/v1/analytics/daily-points', 'daily-points', ['2026-06-01', 'club']],
  ['/v1/analytics/member-value', 'member-value', ['m-1', 'CNY']],
  ['/v1/analytics/member-value?sort=monetary', 'member-value/monetary', ['-12.50', 'm-1', 'CNY']],
  ['/v1/analytics/nps', 'nps', ['2026-06-01', '', '']],
  ['/v1/analytics/csat', 'csat', ['2026-06-01', '', '']],
  ['/v1/dead-letters', 'dead-letters', [7]],
  ['/v1/webhooks', 'webhooks', ['m-1']],
  ['/v1/webhooks/m-1/deliveries', 'webhook-deliveries', [7]],
];
const TITLE = 'lists';
/** What a part may be forged into. Some are sound for some parts: those lists answer, with nothing wrong. */
const FORGED = [
  0,
  -1,
  2 ** 53,
  '',
  'x',
  'a\0b',
  '\ud800',
  '2026-02-30',
  '2026-02-30 10:00:00+00',
  '9'.repeat(60),
  '[[1,2]]',
];
const NO_PARTS = [null, 1.5, true, {}, []] as unknown as CursorPart[];

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
  await runtime.app.listen(0, '127.0.0.1');
  url = await runtime.app.getUrl();
  // Its deliveries are a list; nothing runs that would make any.
  const made = await fetch(`${url}/v1/webhooks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'm-1', url: 'https://example.com', types: ['*'] }),
  });
  expect(made.status).toBe(201);
});
afterAll(async () => {
  await runtime.close();
  await database.close();
});

async function answer(path: string, cursor: string): Promise<unknown[]> {
  const query = `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;
  const response = await fetch(url + path + query, { headers: { authorization: `Bearer ${key}` } });
  const { code } = (await response.json()) as { code?: string };
  return code === undefined ? [response.status] : [response.status, code];
}

it('are all that the API describes', async () => {
  const response = await fetch(`${url}/docs/openapi.json`, { headers: { authorization: `Bearer ${key}` } });
  const { paths } = (await response.json()) as {
    paths: Record<string, Record<string, { parameters?: { name: string }[] }>>;
  };
  const listed = Object.entries(paths).flatMap(([path, { get }]) =>
    get?.parameters?.some(({ name }) => name === 'cursor') ? [path.replace(/\{\w+\}/, 'm-1')] : [],
  );
  expect(listed.sort()).toEqual([...new Set(LISTS.map(([path]) => path.replace(/\?.*/, '')))].sort());
});

describe.each(LISTS)('%s (%s)', (path, name, sound) => {
  it('goes on from its own cursor', async () => {
    expect(await answer(path, encodeCursor(name, sound))).toEqual([200]);
  });

  it('refuses what is no cursor of its own', async () => {
    const honest = encodeCursor(name, sound);
    const noise = [
      '',
      'x',
      'null',
      '%00',
      '💣',
      honest.slice(1),
      honest.slice(0, -3),
      Buffer.from('[]').toString('base64url'),
    ];
    const others = [
      encodeCursor('another', sound),
      encodeCursor(name, sound.slice(1)),
      encodeCursor(name, [...sound, 'x']),
    ];
    for (const cursor of [...noise, ...others]) {
      expect([cursor, ...(await answer(path, cursor))]).toEqual([cursor, 400, 'invalid_cursor']);
    }
  });

  it('is harmed by no forged one', async () => {
    for (let i = 0; i < sound.length; i++) {
      for (const part of NO_PARTS) {
        expect(await answer(path, encodeCursor(name, sound.with(i, part)))).toEqual([400, 'invalid_cursor']);
      }
      for (const part of FORGED) {
        const told = await answer(path, encodeCursor(name, sound.with(i, part)));
        expect([part, ...told]).toEqual([part, ...(told[0] === 200 ? [200] : [400, 'invalid_cursor'])]);
      }
    }
  });
});
