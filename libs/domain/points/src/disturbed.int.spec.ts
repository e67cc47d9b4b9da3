import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createPool, type Embedded, startEmbedded } from '@loyalty/database';
import { readHeads, verifyChain } from '@loyalty/event-store';
import type { Pool } from 'pg';
import { Courier } from './courier.ts';
import { type Acknowledged, workOf } from './disturbed-work.fixture.ts';
import { points } from './points.ts';
import { installForTests, learnPrograms } from './points.fixture.ts';
import { createPointsWriter } from './points-writer.ts';

/** A database of its own, as in production: it is killed. */
const SCALE = Math.max(1, Number(process.env['TEST_SCALE'] ?? 1));
const ENOUGH = 120 * SCALE;
const SHARED_MS = Math.min(60_000, 4_000 * SCALE);
const LONG_MS = 600_000;

let dir: string;
let embedded: Embedded;
let pool: Pool;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'loyalty-disturbed-'));
  // As root the server runs as another user, who must be able to enter.
  chmodSync(dir, 0o755);
  embedded = await startEmbedded({ dir });
  pool = createPool({ url: embedded.url, max: 4, name: 'disturbed spec' });
  pool.on('error', () => undefined);
  await installForTests(pool);
  const writer = createPointsWriter(pool);
  await learnPrograms(writer, 'club');
  await writer.close();
}, LONG_MS);
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await pool.end();
  await embedded.stop();
  rmSync(dir, { recursive: true, force: true });
});

const told: Acknowledged[] = [];

/** Tills at a process of their own. */
class Tills {
  readonly child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #count = 0;
  #reached: () => void = () => undefined;
  #wanted = Infinity;

  constructor(name: string) {
    const program = fileURLToPath(new URL('./disturbed.fixture.ts', import.meta.url));
    const flags = [
      '--conditions=@loyalty/source',
      '--experimental-transform-types',
      '--disable-warning=ExperimentalWarning',
    ];
    this.child = spawn(process.execPath, [...flags, program, embedded.url, name], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    children.add(this.child);
    this.#ended = once(this.child, 'close');
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      told.push(JSON.parse(line) as Acknowledged);
      this.#count += 1;
      if (this.#count >= this.#wanted) this.#reached();
    });
    let complaints = '';
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    void this.#ended.then(() => {
      if (this.child.signalCode !== 'SIGKILL') throw new Error(`tills ended: ${complaints}`);
    });
  }

  /** Until so many more of its tills were told something. */
  more(count: number): Promise<void> {
    this.#wanted = this.#count + count;
    return new Promise((resolve) => (this.#reached = resolve));
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
    children.delete(this.child);
  }
}

const postmaster = (): number => Number(readFileSync(join(dir, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);

/** Everybody who was told something is told the same again, and every proof holds. */
async function proven(): Promise<void> {
  const writer = createPointsWriter(pool, { validate: true });
  const again = await writer.executeMany(told.map(({ request }) => workOf(request)));
  expect(again).toEqual(told.map(({ outcome }) => ({ ...outcome, replayed: true })));
  await new Courier(pool, writer).deliverAll();
  await writer.close();
  for (const check of points.checks) {
    expect({ check: check.name, ...(await check.run(pool, Date.now())) }).toMatchObject({ ok: true, problems: [] });
  }
  for (const { shard, position } of await readHeads(pool, 'points')) {
    const chain = { schema: 'points', service: 'points', shard };
    expect(await verifyChain(pool, chain)).toMatchObject({ ok: true, checked: position });
  }
}

it(
  'a database killed, stopped and killed again, and tills killed in the middle of a commit: nothing told is lost, nothing is twice',
  async () => {
    const [one, two] = [new Tills('one'), new Tills('two')];
    await Promise.all([one.more(ENOUGH), two.more(ENOUGH)]);
    // As `pg_ctl stop -m immediate` and `-m fast` do.
    for (const signal of ['SIGQUIT', 'SIGINT', 'SIGQUIT'] as const) {
      process.kill(postmaster(), signal);
      await Promise.all([one.more(ENOUGH), two.more(ENOUGH)]);
    }
    await one.kill();
    await two.more(ENOUGH);
    await two.kill();
    expect(told.length).toBeGreaterThanOrEqual(9 * ENOUGH);
    expect(new Set(told.map(({ outcome }) => outcome.kind))).not.toContain('conflict');
    await proven();
  },
  LONG_MS,
);

it(
  'two processes that write the same shards lose nothing, and throw little away',
  async () => {
    const before = await transactions();
    const known = told.length;
    const [three, four] = [new Tills('three'), new Tills('four')];
    await Promise.all([three.more(1), four.more(1)]);
    await setTimeout(SHARED_MS);
    for (const tills of [three, four]) await tills.kill();
    const after = await transactions();
    const [done, undone] = [after.done - before.done, after.undone - before.undone];
    const share = undone / (done + undone);
    process.stdout.write(
      `${told.length - known} answers in ${SHARED_MS / 1000} s; thrown away: ${undone} of ${done + undone} transactions, ${(share * 100).toFixed(1)} %\n`,
    );
    expect(share).toBeLessThan(0.2);
    await proven();
  },
  LONG_MS,
);

async function transactions(): Promise<{ done: number; undone: number }> {
  const { rows } = await pool.query<{ done: number; undone: number }>(
    `SELECT xact_commit::int AS done, xact_rollback::int AS undone FROM pg_stat_database WHERE datname = current_database()`,
  );
  return rows[0] as { done: number; undone: number };
}
