import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { assert, asyncProperty, constantFrom, integer, oneof, record, array, constant } from 'fast-check';
import { startReceiver, type Receiver } from './receiver.fixture.ts';
import { replay } from './replay.ts';
import { changeWebhook, deleteWebhook, findWebhook } from './webhook-store.ts';
import {
  eventually,
  happen,
  installForTests,
  startFollowing,
  subscribe,
  type Running,
  type Told,
} from './webhooks.fixture.ts';

let copy: TestDatabase;
let receiver: Receiver;

beforeAll(async () => {
  copy = await testDatabase({ name: 'webhooks', prepare: installForTests });
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await copy.close();
});

const SOURCES = { points: 'points.earned.v1', tiers: 'tier.changed.v1', feedback: 'case.opened.v1' } as const;
type Source = keyof typeof SOURCES;

const told = record({
  kind: constant('happen' as const),
  source: constantFrom<Source>('points', 'tiers', 'feedback'),
  members: array(constantFrom('m-1', 'm-2', 'm-3'), { minLength: 1, maxLength: 12 }),
});
/** The receiver fails every nth message from now on; 0 = none, 1 = all. */
const failing = record({
  kind: constant('failing' as const),
  every: integer({ min: 0, max: 4 }),
  how: constantFrom(500, 429, 0),
});
const other = constantFrom(
  { kind: 'later' as const },
  { kind: 'disable' as const },
  { kind: 'enable' as const },
  { kind: 'replay' as const },
  { kind: 'restart' as const },
);
const steps = array(
  oneof({ weight: 5, arbitrary: told }, { weight: 3, arbitrary: failing }, { weight: 4, arbitrary: other }),
  {
    minLength: 3,
    maxLength: 16,
  },
);

const quiet = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** Two processes that deliver, and whatever happens to them, the webhook and its receiver meanwhile. */
async function scene(all: typeof steps extends import('fast-check').Arbitrary<infer T> ? T : never): Promise<void> {
  let now = Date.now();
  let count = 0;
  let every = 0;
  let how = 500;
  receiver.got.length = 0;
  const delivered: string[] = [];
  receiver.answer = ({ event }, response) => {
    count++;
    if (every > 0 && count % every === 0) {
      if (how === 0) response.socket?.destroy();
      else response.writeHead(how, how === 429 ? { 'retry-after': '1' } : {}).end();
      return;
    }
    delivered.push(`${event.source} ${event.subject} ${event.position}`);
    response.writeHead(204).end();
  };
  await subscribe(copy.pool, 'crm', receiver.url, ['points.*', 'tier.changed.v1']);
  const start = (): Promise<Running> =>
    startFollowing(copy, { now: () => now, poll_ms: 10, timeout_ms: 2_000, logger: quiet });
  const processes = [await start(), await start()];
  /** Recorded while there was the webhook: a replay also brings what was before, later than what it had got already. */
  const wanted: { source: Source; subject: string; position: number }[] = [];
  try {
    for (const step of all) {
      if (step.kind === 'happen') wanted.push(...(await recorded(step.source, step.members)));
      if (step.kind === 'failing') [every, how] = [step.every, step.how];
      if (step.kind === 'later') now += 7_000;
      if (step.kind === 'disable') await changeWebhook(copy.pool, 'crm', { enabled: false }, now);
      if (step.kind === 'enable') await changeWebhook(copy.pool, 'crm', { enabled: true }, now);
      if (step.kind === 'replay')
        await replay(copy.pool, processes[0]!.follower.reach, 'crm', { from: now - 3_600_000 });
      if (step.kind === 'restart') {
        await processes[1]!.close();
        processes[1] = await start();
      }
    }
    every = 0;
    await changeWebhook(copy.pool, 'crm', { enabled: true }, now);
    const keys = keysOf(wanted);
    await eventually(async () => {
      now += 1_000;
      return keys.every((key) => delivered.includes(key));
    });
    await eventually(async () => {
      now += 1_000;
      return (await waiting()) === 0 && !(await findWebhook(copy.pool, 'crm'))?.behind;
    });
  } finally {
    for (const each of processes) await each.close();
    await deleteWebhook(copy.pool, 'crm');
  }
  expect(delivered.filter((key) => key.startsWith('feedback'))).toEqual([]);
  const keys = new Set(keysOf(wanted));
  // What arrived for the first time arrived in the order of its log, for each member.
  for (const source of ['points', 'tiers'] as const) {
    for (const member of ['m-1', 'm-2', 'm-3']) {
      const own = [...new Set(delivered)]
        .filter((key) => keys.has(key) && key.startsWith(`${source} ${member} `))
        .map((key) => Number(key.split(' ')[2]));
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
  }
}

function keysOf(events: readonly { source: Source; subject: string; position: number }[]): string[] {
  return events.filter(({ source }) => source !== 'feedback').map((e) => `${e.source} ${e.subject} ${e.position}`);
}

async function recorded(
  source: Source,
  members: readonly string[],
): Promise<{ source: Source; subject: string; position: number }[]> {
  const heads = async (): Promise<Map<number, number>> => {
    const { rows } = await copy.pool.query<{ shard: number; position: number }>(
      `SELECT shard, position FROM ${source}.heads`,
    );
    return new Map(rows.map(({ shard, position }) => [shard, position]));
  };
  const before = await heads();
  await happen(
    copy.pool,
    source,
    members.map((subject): Told => ({ type: SOURCES[source], subject })),
  );
  const { rows } = await copy.pool.query<{ shard: number; subject: string; position: number }>(
    `SELECT shard, subject, position FROM ${source}.events`,
  );
  return rows.filter(({ shard, position }) => position > (before.get(shard) ?? 0)).map((row) => ({ ...row, source }));
}

async function waiting(): Promise<number> {
  const { rows } = await copy.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM webhooks.queue');
  return rows[0]?.n ?? 0;
}

it('whatever happens, every event of a subscribed type arrives at least once, and each member’s in order', async () => {
  await assert(asyncProperty(steps, scene), { numRuns: Number(process.env['WEBHOOK_RUNS'] ?? 10), endOnFailure: true });
}, 120_000);
