/** A process that writes as fast as it can and says what was acknowledged, until it is killed. Run by plain Node from source. */
import { createPool } from '@loyalty/database';
import { accountDecider, keyed } from './account.fixture.ts';
import { createWriter } from './writer.ts';

const [url, name] = process.argv.slice(2) as [string, string];
const CALLERS = 16;
const SUBJECTS = 7;

const pool = createPool({ url, max: 5 });
const writer = createWriter({ pool, schema: 'accounts', service: 'accounts', decider: accountDecider('accounts') });
let count = 0;

async function call(): Promise<never> {
  for (;;) {
    const n = ++count;
    const outcome = await writer.execute(keyed(`m${n % SUBJECTS}`, { kind: 'deposit', amount: 1 }, `${name}-${n}`));
    // Pipes are written synchronously: what is read there was acknowledged before the kill.
    process.stdout.write(`${JSON.stringify({ n, outcome })}\n`);
  }
}

await Promise.all(Array.from({ length: CALLERS }, call));
