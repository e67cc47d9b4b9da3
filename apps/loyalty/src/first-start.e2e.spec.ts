import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { databaseUrl, loyalty, loyaltyJson, temporaryHome } from './process.fixture.ts';

/** A first start that does not go as planned: the next one must be as good as a first one. */
const LONG_MS = 120_000;
let place: Awaited<ReturnType<typeof temporaryHome>>;

beforeAll(async () => void (place = await temporaryHome()));
afterAll(() => place.remove());

describe('a first start', () => {
  it(
    'on a taken port says so, and uses up no key',
    async () => {
      const other = createServer();
      await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
      const { port } = other.address() as AddressInfo;
      const run = loyalty(['start'], place.home, { PORT: String(port) });
      expect((await run.ended())[0]).toBe(1);
      expect(run.out.stderr).toContain(`Another program listens on 127.0.0.1:${port}: stop it, or set PORT`);
      expect(run.out.stdout).not.toContain('loyalty_');
      await new Promise((closed) => other.close(closed));
    },
    LONG_MS,
  );

  it(
    'interrupted while it loads the demonstration is finished by the next, which shows the key and loads nothing twice',
    async () => {
      const interrupted = loyalty(['start'], place.home, { PORT: '0' });
      while (!existsSync(join(place.home, 'demo.json')) || (await documents()) === 0) await setTimeout(20);
      interrupted.child.kill('SIGINT');
      expect(await interrupted.ended()).toEqual([null, 'SIGINT']);
      expect(interrupted.out.stdout).toBe('');

      const next = loyalty(['start'], place.home, { PORT: '0' });
      const [, url] = await next.line(/^ready (\S+)$/m);
      const [, key] = await next.line(/(loyalty_\S+) {2}\(shown this once\)/);
      const answer = await fetch(`${url}/v1/cases?status=open`, { headers: { authorization: `Bearer ${key}` } });
      expect(answer.status).toBe(200);
      const [, recorded, known] = await next.line(/(\d+) documents recorded, (\d+) known already, 0 refused/);
      expect(Number(known)).toBeGreaterThan(0);
      expect(await documents()).toBe(Number(recorded) + Number(known));
      next.child.kill('SIGTERM');
      await next.ended();
      expect((await loyaltyJson<{ ok: boolean }>(['verify'], place.home)).result.ok).toBe(true);
    },
    LONG_MS,
  );

  it('names the server that it cannot find', async () => {
    const run = loyalty(['start'], place.home, { DATABASE_URL: 'postgres://loyalty@nowhere.invalid/loyalty' });
    expect((await run.ended())[0]).toBe(1);
    expect(run.out.stderr).toMatch(/PostgreSQL does not answer \(.*nowhere\.invalid.*set DATABASE_URL/);
  });
});

/** Purchases and returns recorded so far. */
async function documents(): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl(place.home) ?? 'postgresql://127.0.0.1:1/' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ n: string }>(
      `SELECT count(*) AS n FROM purchases.events WHERE type IN ('purchase.recorded.v1', 'purchase.returned.v1')`,
    );
    return Number(rows[0]?.n);
  } catch {
    // The server is just starting, or the tables are just being made.
    return 0;
  } finally {
    await client.end().catch(() => undefined);
  }
}
