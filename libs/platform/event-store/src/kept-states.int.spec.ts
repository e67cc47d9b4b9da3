import { testDatabase, type TestDatabase } from '@loyalty/testing';
import {
  accountContracts,
  accountDecider,
  accountTemplate,
  type Account,
  type AccountAnswer,
  type AccountInput,
  type AccountLimit,
} from './account.fixture.ts';
import type { Decider } from './decider.ts';
import { createWriter, type Writer } from './writer.ts';

let database: TestDatabase;
/** Subjects whose state was loaded from the log. */
let loaded: string[] = [];
beforeAll(async () => {
  database = await testDatabase(accountTemplate());
});
beforeEach(() => {
  loaded = [];
});
afterAll(() => database.close());

/** Tells what it loads from the log. */
function tellingDecider(): Decider<Account, AccountInput, AccountAnswer, AccountLimit> {
  const decider = accountDecider('accounts');
  return {
    ...decider,
    load(tx, subjects, depth, global) {
      loaded.push(...subjects.map(({ subject }) => subject));
      return decider.load(tx, subjects, depth, global);
    },
  };
}

type AccountWriter = Writer<AccountInput, AccountAnswer, AccountLimit>;

const writerWith = (decider = tellingDecider()): AccountWriter =>
  createWriter({
    pool: database.pool,
    schema: 'accounts',
    service: 'accounts',
    decider,
    contracts: accountContracts,
    loops: 1,
    // Room for a handful of states.
    cacheBytes: 4 * 64,
  });

const names = (prefix: string): string[] => Array.from({ length: 64 }, (_, i) => `${prefix}-${i}`);
const deposits = (subjects: readonly string[], amount: number) =>
  subjects.map((subject) => ({ subject, input: { kind: 'deposit' as const, amount } }));

/** Each on its own, so that every commit makes room. */
async function oneByOne(writer: AccountWriter, subjects: readonly string[], amount: number): Promise<number[]> {
  const balances: number[] = [];
  for (const work of deposits(subjects, amount)) {
    const outcome = await writer.execute(work);
    if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
    balances.push(outcome.answer.balance);
  }
  return balances;
}

/** Others come until nearly all of these are kept. */
async function crowdOut(writer: AccountWriter, prefix: string): Promise<void> {
  for (let n = 0; n < 500; n++) {
    const { rowCount } = await database.pool.query('SELECT FROM accounts.kept_states WHERE starts_with(subject, $1)', [
      `${prefix}-`,
    ]);
    if ((rowCount ?? 0) >= 60) return;
    await writer.execute({ subject: `crowd-${prefix}-${n}`, input: { kind: 'deposit', amount: 1 } });
  }
  throw new Error(`the states of ${prefix} are not kept`);
}

test('a state that memory had no room for comes back without its log being read', async () => {
  const writer = writerWith();
  await oneByOne(writer, names('a'), 5);
  await crowdOut(writer, 'a');
  loaded = [];
  expect(await oneByOne(writer, names('a'), 2)).toEqual(names('a').map(() => 7));
  expect(loaded.length).toBeLessThan(8);
  await writer.close();
});

test('what another process has written about the subject since makes it worthless', async () => {
  const [writer, other] = [writerWith(), writerWith(accountDecider('accounts'))];
  await oneByOne(writer, names('b'), 5);
  await other.executeMany(deposits(names('b'), 100));
  expect(await oneByOne(writer, names('b'), 2)).toEqual(names('b').map(() => 107));
  expect(await oneByOne(writer, names('b'), 1)).toEqual(names('b').map(() => 108));
  await Promise.all([writer.close(), other.close()]);
});

test('so does an event about no single subject', async () => {
  const writer = writerWith();
  await oneByOne(writer, names('c'), 5);
  await writer.broadcast('limits', [{ type: 'limit.set.v1', time: 0, data: { limit: 1_000 } }]);
  loaded = [];
  expect(await oneByOne(writer, names('c'), 2)).toEqual(names('c').map(() => 7));
  expect(loaded.length).toBeGreaterThanOrEqual(64);
  await writer.close();
});

test('nor does another run of the program take it', async () => {
  const first = writerWith();
  await oneByOne(first, names('d'), 5);
  await first.close();
  await database.pool.query(`UPDATE accounts.kept_states SET process = gen_random_uuid()`);
  const second = writerWith();
  await oneByOne(second, names('e'), 5);
  loaded = [];
  expect(await oneByOne(second, names('d'), 1)).toEqual(names('d').map(() => 6));
  expect(new Set(loaded)).toEqual(new Set(names('d')));
  await second.close();
});

test('a state is not let go of as it was before the batch that made no room for it', async () => {
  const writer = writerWith();
  await oneByOne(writer, ['x'], 5);
  // The full state takes the place of the one in memory; then nothing is left that would be worth keeping.
  const emptied = await writer.executeMany([
    ...deposits(names('f'), 1),
    { subject: 'x', input: { kind: 'count' } },
    { subject: 'x', input: { kind: 'withdraw', amount: 5 } },
  ]);
  expect(emptied.slice(-2)).toMatchObject([{ answer: { entries: 1 } }, { answer: { balance: 0 } }]);
  await oneByOne(writer, names('g'), 1);
  await crowdOut(writer, 'g');
  expect(await writer.execute({ subject: 'x', input: { kind: 'withdraw', amount: 5 } })).toMatchObject({
    kind: 'refused',
  });
  await writer.close();
});
