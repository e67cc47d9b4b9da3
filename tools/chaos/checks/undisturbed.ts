import { Supervised } from '@loyalty/app/apart';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPool, startEmbedded } from '@loyalty/database';
import type { Pool } from 'pg';
import type { Command } from '../client.ts';
import { BIN, checksumAt } from '../command-line.ts';
import { differingLines } from './differing-lines.ts';
import { history, type Step } from './history.ts';

const AT_ONCE = 8;
const WAIT_S = 20;

/**
 * The same facts once more, in one process without Kafka and without faults, every redemption at the point of its member's history at which
 * it was granted: what the ledger then means must be the same.
 */
export async function sameUndisturbed(
  pool: Pool,
  sent: ReadonlyMap<string, Command>,
  variables: Readonly<Record<string, string>>,
): Promise<string[]> {
  const histories = await history(pool, sent);
  const home = await mkdtemp(join(tmpdir(), 'loyalty-undisturbed-'));
  await chmod(home, 0o755);
  const own = { LOYALTY_HOME: home, LOYALTY_DEMO: 'false' };
  try {
    const violations = await replay(own, histories);
    // Not before: redemptions are dated when they are decided, in either run.
    const instant = new Date().toISOString();
    const [disturbed, undisturbed] = [await checksumAt(instant, variables), await checksumAt(instant, own)];
    if (disturbed === undisturbed) return violations;
    violations.push(`checksum: ${disturbed}, and ${undisturbed} for the same facts undisturbed`);
    return [...violations, ...(await differences(pool, home, Date.parse(instant)))];
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function differences(pool: Pool, home: string, at: number): Promise<string[]> {
  const database = await startEmbedded({ dir: join(home, 'postgres') });
  const other = createPool({ url: database.url, max: 2, name: 'chaos' });
  try {
    return (await differingLines(pool, other, at)).map((line) => `checksum: ${line}`);
  } finally {
    await other.end();
    await database.stop();
  }
}

async function replay(
  own: Readonly<Record<string, string>>,
  histories: readonly (readonly Step[])[],
): Promise<string[]> {
  let key = '';
  const alone = new Supervised({
    name: 'undisturbed',
    program: BIN,
    programArguments: ['start'],
    env: { PATH: process.env['PATH'], ...own, PORT: '0', LOG_LEVEL: 'error', MALLOC_ARENA_MAX: '1' },
    onLine: (line) => (key = /API key +(loyalty_\S+)/.exec(line)?.[1] ?? key),
    onGivenUp: () => undefined,
  });
  try {
    const till = new Till(await alone.ready, () => key);
    const violations: string[] = [];
    const left = [...histories];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let steps = left.pop(); steps; steps = left.pop()) violations.push(...(await till.takeAll(steps)));
      }),
    );
    return violations;
  } finally {
    await alone.stop();
  }
}

/** Sends one step after the other, and waits where the next one depends on it. */
class Till {
  readonly #url: string;
  readonly #key: () => string;

  constructor(url: string, key: () => string) {
    this.#url = url;
    this.#key = key;
  }

  /** Until one goes wrong: those behind it then would, too. */
  async takeAll(steps: readonly Step[]): Promise<string[]> {
    for (const step of steps) {
      const wrong = await this.take(step);
      if (wrong.length > 0) return wrong;
    }
    return [];
  }

  private async take({ command, booked }: Step): Promise<string[]> {
    const { kind, id, path, body } = command;
    const headers = kind === 'redemption' ? { 'idempotency-key': id } : {};
    const answer = await this.ask(path, { method: 'POST', headers, body });
    if (answer.status !== 201)
      return [`undisturbed: ${kind} ${id} is answered ${answer.status} ${answer.text}, it was granted before`];
    return booked ? this.waitFor(command) : [];
  }

  private async waitFor({ id, member, body }: Command): Promise<string[]> {
    const { source } = JSON.parse(body) as { source: string };
    const cause = encodeURIComponent(`${source}/${id}`);
    const answer = await this.ask(`/v1/members/${member}/entries?cause=${cause}&wait=${WAIT_S}`, {});
    return answer.status === 200 ? [] : [`undisturbed: ${id} is not booked after ${WAIT_S} s`];
  }

  private async ask(path: string, init: RequestInit): Promise<{ status: number; text: string }> {
    const headers = { ...init.headers, authorization: `Bearer ${this.#key()}`, 'content-type': 'application/json' };
    const answer = await fetch(`${this.#url}${path}`, { ...init, headers });
    return { status: answer.status, text: await answer.text() };
  }
}
