import { testDatabase, type TestDatabase } from '@loyalty/testing';
import { accountContracts, accountDecider, accountTemplate, type AccountInput } from './account.fixture.ts';
import type { Work } from './decider.ts';
import { createWriter } from './writer.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase(accountTemplate());
});
afterAll(() => database.close());

/** What is loaded how deep by works that arrive together, at a writer that has or has not written before. */
async function loadedBy(warm: boolean, ...works: readonly Work<AccountInput>[]): Promise<[string[], unknown[]]> {
  const loaded: string[] = [];
  const decider = accountDecider('accounts');
  const writer = createWriter({
    pool: database.pool,
    schema: 'accounts',
    service: 'accounts',
    contracts: accountContracts,
    loops: 1,
    decider: {
      ...decider,
      load(tx, subjects, depth, global) {
        for (const { subject } of subjects) loaded.push(`${subject} ${depth}`);
        return decider.load(tx, subjects, depth, global);
      },
    },
  });
  try {
    // Of all shards, so that their heads are known.
    if (warm) await writer.executeMany(Array.from({ length: 32 }, (_, i) => deposit(`warm-${i}`)));
    loaded.length = 0;
    const outcomes = await writer.executeMany(works);
    return [
      loaded.toSorted(),
      outcomes.map((outcome) => (outcome.kind === 'accepted' ? outcome.answer : outcome.kind)),
    ];
  } finally {
    await writer.close();
  }
}

const deposit = (subject: string): Work<AccountInput> => ({ subject, input: { kind: 'deposit', amount: 1 } });
const count = (subject: string): Work<AccountInput> => ({ subject, input: { kind: 'count' } });

describe.each([
  ['without locks', true],
  ['under locks', false],
])('a state that is not in memory, %s', (_how, warm) => {
  const name = (subject: string): string => `${subject}-${warm}`;
  const [ann, bob, eve] = [name('ann'), name('bob'), name('eve')];

  it('is loaded in full at once where the decider says so, beside shallow ones', async () => {
    const [loaded, answers] = await loadedBy(warm, deposit(ann), count(bob));
    expect(loaded).toEqual([`${ann} shallow`, `${bob} full`]);
    expect(answers).toEqual([{ balance: 1 }, { balance: 0, entries: 0 }]);
  });

  it('is loaded once, in full, for several works of which one needs it', async () => {
    await loadedBy(warm, deposit(eve), deposit(eve));
    const [loaded, answers] = await loadedBy(warm, deposit(eve), count(eve), deposit(eve), count(eve));
    expect(loaded).toEqual([`${eve} full`]);
    expect(answers).toEqual([{ balance: 3 }, { balance: 3, entries: 3 }, { balance: 4 }, { balance: 4, entries: 4 }]);
  });
});
