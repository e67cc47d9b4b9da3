import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { accountDecider, accountTemplate, keyed, type AccountAnswer } from './account.fixture.ts';
import type { Outcome } from './outcome.ts';
import { readHeads } from './read.ts';
import { verifyChain } from './verify-chain.ts';
import { createWriter } from './writer.ts';

const SCHEMA = 'accounts';
const ENOUGH = 400;

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase(accountTemplate());
});
afterAll(() => database.close());

interface Acknowledged {
  readonly n: number;
  readonly outcome: Outcome<AccountAnswer>;
}

/** A writing process of its own, and what it was told so far. */
function writingProcess(name: string): {
  readonly child: ChildProcess;
  readonly acknowledged: Acknowledged[];
  enough(): Promise<void>;
} {
  const program = fileURLToPath(new URL('./crash.fixture.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--conditions=@loyalty/source', '--disable-warning=ExperimentalWarning', program, database.url, name],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  const acknowledged: Acknowledged[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const reached = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      acknowledged.push(JSON.parse(line) as Acknowledged);
      if (acknowledged.length === ENOUGH) resolve();
    });
  });
  return { child, acknowledged, enough: () => reached };
}

test('two processes write the same log and are killed in the middle: nothing acknowledged is lost, nothing is there twice', async () => {
  const processes = ['one', 'two'].map((name) => ({ name, ...writingProcess(name) }));
  for (const { child, enough } of processes) {
    const ended = once(child, 'close');
    await enough();
    child.kill('SIGKILL');
    await ended;
  }
  const { pool } = database;
  const writer = createWriter({ pool, schema: SCHEMA, service: SCHEMA, decider: accountDecider(SCHEMA) });
  for (const { name, acknowledged } of processes) {
    expect(acknowledged.length).toBeGreaterThanOrEqual(ENOUGH);
    const again = await writer.executeMany(
      acknowledged.map(({ n }) => keyed(`m${n % 7}`, { kind: 'deposit', amount: 1 }, `${name}-${n}`)),
    );
    expect(again).toEqual(acknowledged.map(({ outcome }) => ({ ...outcome, replayed: true })));
  }
  await writer.close();
  for (const { shard, position } of await readHeads(pool, SCHEMA)) {
    expect(await verifyChain(pool, { schema: SCHEMA, service: SCHEMA, shard })).toMatchObject({
      ok: true,
      checked: position,
    });
  }
  const { rows } = await pool.query(`SELECT
      (SELECT count(*) FROM accounts.events) - (SELECT count(*) FROM accounts.keys WHERE NOT refused) AS unanswered,
      (SELECT sum((data::json ->> 'amount')::int) FROM accounts.events) - (SELECT sum(balance) FROM accounts.accounts) AS astray`);
  expect(rows).toEqual([{ unanswered: 0, astray: 0 }]);
}, 60_000);
