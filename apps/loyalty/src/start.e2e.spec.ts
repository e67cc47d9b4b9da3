import { isAlive, loyalty, postmaster, temporaryHome, type Spawned } from './process.fixture.ts';

const START_MS = 60_000;
const purchase = {
  source: 'till-7',
  id: '000123',
  member: 'M-2048',
  at: '2026-06-06T10:00:00+08:00',
  currency: 'CNY',
  lines: [{ item: 'coffee', category: 'coffee', quantity: '1', unitPrice: '19.90' }],
};

let place: Awaited<ReturnType<typeof temporaryHome>>;
let running: Spawned;
let url: string;
let key: string;

beforeAll(async () => {
  place = await temporaryHome();
  running = loyalty(['start'], place.home, { PORT: '0', LOYALTY_DEMO: 'false' });
  url = (await running.line(/^ready (\S+)$/m))[1] as string;
  key = (await running.line(/(loyalty_\S+)/))[1] as string;
}, START_MS);
afterAll(async () => {
  running.child.kill('SIGKILL');
  await running.ended();
  await place.remove();
});

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url + path, {
    ...init,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });
}

describe('loyalty start', () => {
  it('turns a purchase into points that the till can read', async () => {
    const recorded = await ask('/v1/purchases', { method: 'POST', body: JSON.stringify(purchase) });
    expect(recorded.status).toBe(201);
    const receipt = await ask('/v1/members/M-2048/entries?cause=till-7/000123&wait=10');
    expect(receipt.status).toBe(200);
    expect(JSON.stringify(await receipt.json())).toContain('19');
  });

  it('gives the same answer to the same purchase, and refuses another body under its id', async () => {
    expect((await ask('/v1/purchases', { method: 'POST', body: JSON.stringify(purchase) })).status).toBe(200);
    const other = { ...purchase, currency: 'GBP' };
    expect((await ask('/v1/purchases', { method: 'POST', body: JSON.stringify(other) })).status).toBe(409);
  });

  it('says that every part of it is ready', async () => {
    const health = await fetch(`${url}/health/ready`);
    expect([health.status, await health.json()]).toMatchObject([200, { status: 'ok' }]);
  });

  it('ends by the signal it was sent and leaves no database behind', async () => {
    const server = postmaster(place.home) as number;
    expect(isAlive(server)).toBe(true);
    running.child.kill('SIGTERM');
    expect(await running.ended()).toEqual([null, 'SIGTERM']);
    expect(postmaster(place.home)).toBeUndefined();
    expect(isAlive(server)).toBe(false);
  });
});
