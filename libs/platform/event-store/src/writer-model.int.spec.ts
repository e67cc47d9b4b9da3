import { testDatabase, type TestDatabase } from '@loyalty/testing';
import fc from 'fast-check';
import { AccountModel, type Told } from './account-model.fixture.ts';
import {
  accountContracts,
  accountDecider,
  accountTemplate,
  keyed,
  type AccountAnswer,
  type AccountInput,
} from './account.fixture.ts';
import type { Work } from './decider.ts';
import type { ListedOutcome } from './outcome.ts';
import { readHeads } from './read.ts';
import { verifyChain } from './verify-chain.ts';
import { createWriter, type Writer } from './writer.ts';

const SCHEMA = 'accounts';
const writers: Writer<AccountInput, AccountAnswer>[] = [];
let database: TestDatabase;
beforeAll(async () => {
  // Partitions of 16 positions: every run crosses some.
  database = await testDatabase(accountTemplate({ shards: 3, partition: 16 }));
});
afterAll(async () => {
  for (const writer of writers) await writer.close();
  await database.close();
});

const amount = fc.integer({ min: 0, max: 9 });
const input: fc.Arbitrary<AccountInput> = fc.oneof(
  { weight: 5, arbitrary: amount.map((value): AccountInput => ({ kind: 'deposit', amount: value })) },
  { weight: 5, arbitrary: amount.map((value): AccountInput => ({ kind: 'withdraw', amount: value })) },
  { weight: 2, arbitrary: amount.map((value): AccountInput => ({ kind: 'attempt', amount: value })) },
  { weight: 2, arbitrary: fc.constant<AccountInput>({ kind: 'count' }) },
  { weight: 1, arbitrary: fc.constantFrom('a', 'é').map((text): AccountInput => ({ kind: 'note', text })) },
  { weight: 1, arbitrary: fc.constantFrom<AccountInput>({ kind: 'throw' }, { kind: 'overflow' }) },
);
/** Few keys, so that they meet again, with the same body or another. */
const command = fc.record({
  member: fc.integer({ min: 0, max: 3 }),
  input,
  key: fc.option(fc.integer({ min: 0, max: 5 })),
});
/** Which of two writers gets which batch. */
const batches = fc.array(
  fc.record({ writer: fc.integer({ min: 0, max: 1 }), commands: fc.array(command, { maxLength: 12 }) }),
  { maxLength: 8 },
);

function told(outcome: ListedOutcome<AccountAnswer>): Told {
  if (outcome.kind === 'failed') return { kind: 'failed' };
  if (outcome.kind === 'accepted') return { kind: 'accepted', answer: outcome.answer, replayed: outcome.replayed };
  return outcome;
}

test('any commands in any batches, by two writers in turn, give what the model gives', async () => {
  const { pool } = database;
  for (const loops of [1, 3]) {
    writers.push(
      createWriter({
        pool,
        schema: SCHEMA,
        service: SCHEMA,
        decider: accountDecider(SCHEMA),
        contracts: accountContracts,
        loops,
        // Memory for one or two members a loop: the others come and go, and are kept aside.
        cacheBytes: 128 * loops,
        notify: false,
      }),
    );
  }
  let run = 0;
  const property = fc.asyncProperty(batches, async (given) => {
    const model = new AccountModel();
    const world = `run${++run}`;
    for (const { writer, commands } of given) {
      const works = commands.map(({ member, input: wish, key }): Work<AccountInput> => {
        const subject = `${world}-${member}`;
        return key === null ? { subject, input: wish } : keyed(subject, wish, `${subject}-${key}`);
      });
      const outcomes = await (writers[writer] as (typeof writers)[number]).executeMany(works);
      expect(outcomes.map(told)).toEqual(works.map((work) => model.tell(work)));
    }
    const { rows } = await pool.query<{ subject: string; balance: number }>(
      `SELECT subject, balance FROM accounts.accounts WHERE starts_with(subject, $1) ORDER BY subject`,
      [`${world}-`],
    );
    for (const { subject, balance } of rows) expect(balance).toBe(model.balances.get(subject));
  });
  await fc.assert(property, { numRuns: 60 });
  for (const { shard, position } of await readHeads(pool, SCHEMA)) {
    expect(await verifyChain(pool, { schema: SCHEMA, service: SCHEMA, shard })).toMatchObject({
      ok: true,
      checked: position,
    });
  }
}, 60_000);
