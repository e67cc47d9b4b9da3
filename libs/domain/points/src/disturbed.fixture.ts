/**
 * A process that does to a few members whatever tills do, as fast as it can, and says what it was told, until it is killed. What
 * fails is asked for again under the same key, as a till does. Run by plain Node from source.
 */
import { createPool } from '@loyalty/database';
import { rating } from './core/scenario.fixture.ts';
import { Courier } from './courier.ts';
import { type Acknowledged, type Request, workOf } from './disturbed-work.fixture.ts';
import { createPointsWriter } from './points-writer.ts';

const [url, name] = process.argv.slice(2) as [string, string];
const CALLERS = 12;
const MEMBERS = 9;

const pool = createPool({ url, max: 8, name });
pool.on('error', () => undefined);
const writer = createPointsWriter(pool, { validate: true });
const courier = new Courier(pool, writer);
let count = 0;

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      process.stderr.write(`${name}: ${(error as Error).name}: ${(error as Error).message}\n`);
    }
  }
}

async function told(request: Request): Promise<Acknowledged['outcome']> {
  const outcome = await patiently(() => writer.execute(workOf(request)));
  // Pipes are written synchronously: what is read there was told before the kill.
  process.stdout.write(`${JSON.stringify({ request, outcome } satisfies Acknowledged)}\n`);
  return outcome;
}

/** A purchase, some spending, a basket, a gift, and second thoughts. */
async function call(caller: number): Promise<never> {
  for (;;) {
    const n = ++count;
    const member = `m${(n + caller) % MEMBERS}`;
    const key = `${name}-${n}`;
    const ask = (kind: Request['kind'], about = '') => told({ kind, member, key: `${key}-${kind}`, about });
    await patiently(() => writer.execute({ subject: member, input: rating(key, new Date().toISOString(), 6) }));
    await ask('redeem');
    await ask('reserve');
    await ask('capture', `${key}-reserve`);
    await ask('undo', `${key}-redeem`);
    const sent = await ask('send');
    if (sent.kind === 'accepted' && sent.position) await courier.deliver(sent.position.shard).catch(() => undefined);
  }
}

await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
