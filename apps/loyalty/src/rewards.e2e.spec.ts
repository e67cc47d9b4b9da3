import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loyalty, loyaltyJson, type Spawned, temporaryHome } from './process.fixture.ts';

/** A server that is killed while it hands out codes, and whoever was not answered asks again. */
const MEMBERS = 60;
const EACH = 3;
const KILLED_AFTER = 60;
const CALLERS = 32;
const PROGRAM = `
program: e2e-club
effectiveFrom: 2026-01-01T00:00:00+08:00
timeZone: Asia/Shanghai
currency: CNY
sources: [shop]
points: { pending: P0D }
tiers:
  window: { rolling: P12M }
  keepFor: P12M
  ladder:
    - { id: bronze, name: { en: Bronze }, from: 0 }
    - { id: gold, name: { en: Gold }, from: 2000 }
earning:
  - id: base
    award: { points: 1, per: '1.00' }
rewards:
  - { id: voucher, name: { en: Voucher }, points: 10, codes: pool, tiers: [gold] }
`;

let place: Awaited<ReturnType<typeof temporaryHome>>;
let server: Spawned;
let url: string;
let secret: string;

beforeAll(async () => {
  place = await temporaryHome();
  const [program, codes] = [join(place.home, 'club.yaml'), join(place.home, 'codes.csv')];
  await writeFile(program, PROGRAM);
  await writeFile(codes, ['code', ...Array.from({ length: MEMBERS * EACH }, (_, i) => `C-${i}`)].join('\n'));
  expect(await loyaltyJson(['program', 'publish', program], place.home)).toMatchObject({ code: 0 });
  const upload = ['codes', codes, '--program', 'e2e-club', '--reward', 'voucher'];
  const counts = { read: 180, rejected: 0 };
  expect((await loyaltyJson(upload, place.home)).result).toMatchObject({ ...counts, accepted: 180, duplicate: 0 });
  expect((await loyaltyJson(upload, place.home)).result).toMatchObject({ ...counts, accepted: 0, duplicate: 180 });
  const made = await loyaltyJson<{ key: string }>(['key', 'create', 'e2e', '--scopes', '*'], place.home);
  secret = made.result.key;
  await start();
}, 90_000);
afterAll(async () => {
  await place.remove();
});

async function start(): Promise<void> {
  server = loyalty(['start'], place.home, { PORT: '0', SWEEP_SECONDS: '1' });
  [, url = ''] = await server.line(/ready (http:\S+)/);
}

const headers = (key?: string): Record<string, string> => ({
  authorization: `Bearer ${secret}`,
  'content-type': 'application/json',
  ...(key !== undefined && { 'idempotency-key': key }),
});

interface Said {
  readonly status: number;
  readonly code: string;
}

/** Undefined where nobody answered any more. */
async function redeem(n: number): Promise<Said | undefined> {
  try {
    const response = await fetch(`${url}/v1/members/m-${n % MEMBERS}/redemptions`, {
      method: 'POST',
      headers: headers(`voucher-${n}`),
      body: JSON.stringify({ reward: 'voucher' }),
    });
    return { status: response.status, code: ((await response.json()) as { code: string }).code };
  } catch {
    return undefined;
  }
}

/** All redemptions, so many at a time. */
async function redeemAll(answered: () => void = () => undefined): Promise<(Said | undefined)[]> {
  const said: (Said | undefined)[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let n = next++; n < MEMBERS * EACH; n = next++) {
      said[n] = await redeem(n);
      answered();
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return said;
}

it('a code is lost by nobody and given to nobody twice when the server is killed among redemptions', async () => {
  const documents = Array.from({ length: MEMBERS }, (_, i) => ({
    source: 'shop',
    id: `d-${i}`,
    member: `m-${i}`,
    at: '2026-06-01T10:00:00+08:00',
    currency: 'CNY',
    lines: [{ item: 'x', quantity: '1', unitPrice: '2500.00' }],
  }));
  const recorded = await fetch(`${url}/v1/purchases/batch`, {
    method: 'POST',
    headers: headers(),
    body: JSON.stringify({ documents }),
  });
  expect(recorded.status).toBe(200);
  for (let i = 0; i < MEMBERS; i++) {
    const receipt = await fetch(`${url}/v1/members/m-${i}/entries?cause=shop/d-${i}&wait=20`, { headers: headers() });
    expect(receipt.status).toBe(200);
  }
  let answered = 0;
  const first = await redeemAll(() => {
    if (++answered === KILLED_AFTER) server.child.kill('SIGKILL');
  });
  await server.ended();
  const told = first.filter((said) => said !== undefined);
  expect(told.length).toBeGreaterThan(KILLED_AFTER / 2);
  expect(told.length).toBeLessThan(MEMBERS * EACH);
  await start();
  const second = await redeemAll();
  expect(new Set(second.map((said) => said?.code)).size).toBe(MEMBERS * EACH);
  expect(second.filter((said) => said === undefined || said.status > 201)).toEqual([]);
  first.forEach((said, n) => {
    if (said) expect({ n, code: second[n]?.code }).toEqual({ n, code: said.code });
  });
  server.child.kill('SIGTERM');
  await server.ended();
  expect(await loyaltyJson(['verify'], place.home)).toMatchObject({ code: 0 });
}, 120_000);
