import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { accountContracts, accountDecider, accountTemplate } from './account.fixture.ts';
import type { CommittedBatch, ObservedBatch, WriterObserver } from './observer.ts';
import { createWriter } from './writer.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase(accountTemplate());
});
afterAll(() => database.close());

interface Seen extends ObservedBatch {
  readonly result?: CommittedBatch;
  readonly error?: unknown;
}

function watching(seen: Seen[]): WriterObserver {
  let asked = 0;
  return {
    traceparent: () => `trace-${++asked}`,
    async commit(batch, run) {
      try {
        const result = await run();
        seen.push({ ...batch, result });
        return result;
      } catch (error) {
        seen.push({ ...batch, error });
        throw error;
      }
    },
  };
}

const writerSeenBy = (observer?: WriterObserver) =>
  createWriter({
    pool: database.pool,
    schema: 'accounts',
    service: 'accounts',
    decider: accountDecider('accounts'),
    contracts: accountContracts,
    loops: 1,
    ...(observer && { observer }),
  });

test('an observer sees every transaction: who asked, shards, events, refusals, faults', async () => {
  const seen: Seen[] = [];
  const writer = writerSeenBy(watching(seen));
  await writer.executeMany([
    { subject: 'ann', input: { kind: 'deposit', amount: 5 } },
    { subject: 'ann', input: { kind: 'withdraw', amount: 50 } },
    { subject: 'bob', input: { kind: 'deposit', amount: 1 }, trace: 'brought' },
  ]);
  await expect(writer.execute({ subject: 'ann', input: { kind: 'throw' } })).rejects.toThrow();
  await writer.close();
  const [first] = seen.filter(({ result }) => result?.committed);
  expect(first).toMatchObject({ service: 'accounts', commands: 3, sourceEvents: 0 });
  expect([...(first?.traces ?? [])]).toEqual(['trace-1', 'trace-2', 'brought']);
  expect(first?.result).toMatchObject({ events: 2, refused: 1 });
  expect(first?.result?.shards.length).toBeGreaterThan(0);
  expect(seen.some(({ error }) => error !== undefined)).toBe(true);
  expect(seen.filter(({ result }) => result?.committed)).toHaveLength(1);
});

test('events carry the trace of who asked, and none without an observer', async () => {
  const trace = async (subject: string): Promise<unknown> => {
    const { rows } = await database.pool.query<{ trace: string | null }>(
      `SELECT trace FROM accounts.events WHERE subject = $1 ORDER BY position DESC LIMIT 1`,
      [subject],
    );
    return rows[0]?.trace;
  };
  for (const [subject, observer, expected] of [
    ['traced', watching([]), 'trace-1'],
    ['untraced', undefined, null],
  ] as const) {
    const writer = writerSeenBy(observer);
    await writer.execute({ subject, input: { kind: 'deposit', amount: 1 } });
    await writer.close();
    expect(await trace(subject)).toBe(expected);
  }
});
