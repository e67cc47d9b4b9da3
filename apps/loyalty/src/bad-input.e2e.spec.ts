import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { badPurchases, badRequests, manyLines, notUtf8, purchase } from './bad-input.fixture.ts';
import type { ImportReport } from './import/file-import.ts';
import { loyalty, loyaltyJson, temporaryHome, type Spawned } from './process.fixture.ts';

/** What people send that is wrong, at every door of a running ledger: a clear answer, and nothing else is harmed. */
const START_MS = 60_000;
interface Problem {
  readonly code: string;
  readonly errors?: readonly { readonly pointer: string }[];
}

let place: Awaited<ReturnType<typeof temporaryHome>>;
let running: Spawned;
let url: string;
let key: string;

beforeAll(async () => {
  place = await temporaryHome();
  running = loyalty(['start'], place.home, { PORT: '0', LOYALTY_DEMO: 'false', BODY_LIMIT_MB: '3' });
  url = (await running.line(/^ready (\S+)$/m))[1] as string;
  key = (await running.line(/(loyalty_\S+)/))[1] as string;
  expect(await send('/v1/purchases', purchase('bought'))).toEqual([201]);
}, START_MS);

afterAll(async () => {
  running.child.kill('SIGTERM');
  await running.ended();
  await place.remove();
});

/** Status, and of a problem its code and the fields it points at. */
async function send(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<unknown[]> {
  const raw =
    typeof body === 'string' || body instanceof Uint8Array
      ? (body as NonNullable<RequestInit['body']>)
      : JSON.stringify(body);
  const json = { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers };
  const init = { method: body === undefined ? 'GET' : 'POST', headers: json, ...(body !== undefined && { body: raw }) };
  const answer = await fetch(url + path, init);
  if (answer.ok) return [answer.status];
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const { code, errors = [] } = (await answer.json()) as Problem;
  return [answer.status, code, ...errors.map(({ pointer }) => pointer)];
}

async function inFolder(name: string, content: string | Buffer): Promise<string> {
  const file = join(place.home, name);
  await writeFile(file, content);
  return file;
}

/** Exit code, the counts, and of each rejection line and code. Exactly one line of output, and the counts add up. */
async function importing(name: string, content: string | Buffer, ...options: string[]) {
  const { code, result } = await loyaltyJson<ImportReport>(
    ['import', await inFolder(name, content), ...options],
    place.home,
  );
  const { read, accepted, duplicate, rejected, fault } = result;
  expect(accepted + duplicate + rejected).toBe(read);
  return {
    code,
    accepted,
    rejections: result.rejections.map((each) => `${each.line} ${each.code}`),
    fault: fault?.code,
  };
}

describe('a purchase over HTTP', () => {
  it.each(badPurchases)('is refused: %s', async (_, body, expected) => {
    expect(await send('/v1/purchases', body)).toEqual(expected);
  });

  it('may have 20,000 lines, also beside a return that waits', async () => {
    expect(await send('/v1/purchases', purchase('r-1', { member: 'm-2' }, { quantity: '-1' }))).toEqual([201]);
    expect(await send('/v1/purchases', purchase('long', { member: 'm-2', lines: manyLines(20_000) }))).toEqual([201]);
  });

  it('is refused alone in a batch, and at most 1,000 come in one', async () => {
    const documents = [
      null,
      purchase('b-1'),
      purchase('b-2', {}, { unitPrice: '-1' }),
      purchase('b-1', { currency: 'EUR' }),
    ];
    const answer = await fetch(`${url}/v1/purchases/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ documents }),
    });
    expect(await answer.json()).toMatchObject({
      accepted: 1,
      duplicate: 0,
      rejected: 3,
      items: [
        { status: 400, problem: { code: 'wrong_type' } },
        { status: 201 },
        { status: 400, problem: { code: 'negative_price', errors: [{ pointer: '/lines/0/unitPrice' }] } },
        { status: 409, problem: { code: 'key_reused' } },
      ],
    });
    const many = Array.from({ length: 1001 }, (_, i) => purchase(`many-${i}`));
    expect(await send('/v1/purchases/batch', { documents: many })).toEqual([400, 'bad_input', '/documents']);
  });
});

describe('other requests', () => {
  it.each(badRequests)('are refused: %s', async (_, request, expected) => {
    expect(await send(...request)).toEqual(expected);
  });

  it('are refused without a key, with a wrong one, beyond its scopes and with one revoked', async () => {
    expect(await send('/v1/programs', undefined, { authorization: '' })).toEqual([401, 'unauthenticated']);
    expect(await send('/v1/programs', undefined, { authorization: 'Bearer wrong' })).toEqual([401, 'unauthenticated']);
    const made = (name: string) =>
      loyaltyJson<{ key: string }>(['key', 'create', name, '--scopes', 'purchases:write'], place.home);
    const [till, lost] = await Promise.all([made('till'), made('lost')]);
    const as = ({ result }: typeof till) => send('/v1/programs', undefined, { authorization: `Bearer ${result.key}` });
    expect(await loyaltyJson(['key', 'revoke', 'lost'], place.home)).toMatchObject({ code: 0 });
    expect(await as(till)).toEqual([403, 'scope_missing']);
    expect(await as(lost)).toEqual([401, 'unauthenticated']);
  });
});

describe('a file', () => {
  const header = 'source,id,at,member,currency,item,quantity,unitPrice\n';
  const row = (id: string, item = 'tea', price = '2.50') =>
    `csv,${id},2026-06-06T10:00:00Z,m-3,CNY,${item},1,${price}\n`;
  const standard = ['--preset', 'standard'];

  it('of NDJSON loses only what is wrong, each with its line', async () => {
    const lines = [
      JSON.stringify(purchase('n-1')),
      '{"source":',
      '',
      'null',
      JSON.stringify(purchase('n-2', { at: '2999-01-01T00:00:00Z' })),
      JSON.stringify(purchase('bought', { currency: 'EUR' })),
      JSON.stringify(purchase('n-3', {}, { unitPrice: -1 })),
      '['.repeat(50_000),
    ];
    const content = Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), notUtf8('{"source":"?"}\n')]);
    expect(await importing('bad.ndjson', content)).toEqual({
      code: 0,
      accepted: 1,
      rejections: [
        '2 malformed_json',
        '4 wrong_type',
        '5 at_in_future',
        '6 key_reused',
        '7 number_not_text',
        '8 malformed_json',
        '9 invalid_utf8',
      ],
      fault: undefined,
    });
  });

  it('of CSV loses only the rows that are wrong', async () => {
    const content = `${header}${row('1')}csv,2,x\n${row('3', '"te"a')}${row('4', 'tea', '-1')}${row('5', '"open')}${row('6')}`;
    expect(await importing('bad.csv', content, ...standard)).toMatchObject({
      code: 0,
      accepted: 2,
      rejections: ['3 wrong_column_count', '4 malformed_csv', '5 negative_price', '6 malformed_csv'],
    });
  });

  it('that is cut off keeps what came before, and counts as a fault', async () => {
    const text = Array.from({ length: 400 }, (_, i) => JSON.stringify(purchase(`z-${(i * 7919) % 4001}`))).join('\n');
    const cut = await importing('cut.ndjson.gz', gzipSync(text).subarray(0, -40));
    expect(cut).toMatchObject({ code: 1, fault: 'file_truncated', rejections: [] });
  });

  it('with columns that nobody knows is not begun', async () => {
    const unknown = await importing('unknown.csv', header.replace('item', 'itm'), ...standard);
    expect(unknown).toMatchObject({ code: 1, accepted: 0, fault: 'unknown_columns' });
  });

  it('of opening balances loses only the rows that are wrong', async () => {
    const lot = (points: string, earned: string, member = 'm-9') => `${member},standard,${points},${earned},`;
    const rows = [
      `${lot('400', '2025-11-03T00:00:00Z')}o-1`,
      `${lot('-5', '2025-11-03T00:00:00Z')}o-2`,
      `${lot('5', '2999-01-01T00:00:00Z')}o-3`,
      `${lot('5', '0001-01-01T00:00:00Z')}o-4`,
      `${lot('5', '2025-11-03T00:00:00Z', 'a@b.cn')}o-5`,
      `${lot('9007199254740991', '2025-11-03T00:00:00Z')}o-6`,
      `${lot('7', '2025-11-03T00:00:00Z')}o-1`,
      `m-9,nowhere,5,2025-11-03T00:00:00Z,o-8`,
    ];
    const content = `member,program,points,earned_at,reference\n${rows.join('\n')}\n`;
    expect(await importing('lots.csv', content, '--preset', 'opening-lots')).toMatchObject({
      code: 0,
      accepted: 1,
      rejections: [
        '3 invalid',
        '4 at_in_future',
        '5 at_out_of_range',
        '6 member_id_personal',
        '7 too_many_points',
        '8 key_reused',
        '9 unknown_program',
      ],
    });
  });
});

describe('the command line', () => {
  it('tells bad usage by exit code 2 and one object', async () => {
    const self = import.meta.filename;
    const usages = {
      'a file that is not there': ['import', 'nothing.ndjson'],
      'a folder': ['import', '.'],
      'no file at all': ['import'],
      'an unknown option': ['import', 'x', '--colour'],
      'an unknown command': ['improt', 'x'],
      'a preset that is not there': ['import', self, '--preset', 'mine'],
      'a mapping that is none': ['import', self, '--mapping', self],
      'rejections that cannot be written': ['import', self, '--rejections', '/nowhere/at/all'],
      'a program file that is not there': ['program', 'publish', 'nothing.yaml'],
      'an instant without an offset': ['checksum', '--at', '2026-01-01'],
    };
    const answers = await Promise.all(Object.values(usages).map((args) => loyaltyJson(args, place.home)));
    const expected = { code: 2, result: { error: expect.stringMatching(/\S/) as string } };
    expect(Object.fromEntries(Object.keys(usages).map((usage, i) => [usage, answers[i]]))).toEqual(
      Object.fromEntries(Object.keys(usages).map((usage) => [usage, expected])),
    );
  });

  it('names line and reason of a mistake in a program file', async () => {
    const file = await inFolder('mine.yaml', 'program: mine\ncurrency: XXY\n');
    const { code, result } = await loyaltyJson<{ mistakes: { line: number; path: string }[] }>(
      ['program', 'validate', file],
      place.home,
    );
    expect(code).toBe(1);
    expect(result.mistakes).toContainEqual(expect.objectContaining({ line: 2, path: 'currency' }));
  });

  it('ends quietly when nobody reads its answer', async () => {
    const run = loyalty(
      ['import', await inFolder('few.ndjson', `${JSON.stringify(purchase('few'))}\n`), '--json'],
      place.home,
    );
    run.child.stdout?.destroy();
    const [code] = (await once(run.child, 'exit')) as [number];
    expect([code, run.out.stderr]).toEqual([0, expect.not.stringContaining('EPIPE') as string]);
  });

  it('fails when its answer cannot be written', async () => {
    if (process.platform !== 'linux') return;
    const bin = join(import.meta.dirname, '../bin/loyalty.mjs');
    const full = spawnSync('sh', [
      '-c',
      `exec "$0" "$1" program validate nothing.yaml --json > /dev/full`,
      process.execPath,
      bin,
    ]);
    expect([full.status, full.stderr.toString()]).toEqual([2, expect.stringContaining('cannot be written') as string]);
  });
});

describe('after all of it', () => {
  it('the ledger is as sound as before', async () => {
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    const { code, result } = await loyaltyJson<{ ok: boolean }>(['verify'], place.home);
    expect([code, result.ok]).toEqual([0, true]);
  });
});
