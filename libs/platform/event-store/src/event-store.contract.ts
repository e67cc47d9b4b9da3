import type { StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { keyed, type AccountAnswer, type AccountInput, type AccountLimit } from './account.fixture.ts';
import { commandContract } from './command.contract.ts';
import { logContract } from './log.contract.ts';
import type { Outcome } from './outcome.ts';
import { readSubject } from './read.ts';
import type { Writer, WriterOptions } from './writer.ts';

export type AccountWriter = Writer<AccountInput, AccountAnswer, AccountLimit>;
export type Tuning = Partial<
  Omit<WriterOptions<never, never, never>, 'pool' | 'schema' | 'service' | 'decider' | 'contracts'>
>;

/** A log of accounts (account.fixture.ts), fresh for each suite, and writers for it. */
export interface EventStoreUnderTest {
  readonly pool: Pool;
  readonly schema: string;
  readonly service: string;
  writer(tuning?: Tuning): AccountWriter;
  close(): Promise<void>;
}

/** The store and its writer, and what the examples say most often. */
export class Scene {
  store!: EventStoreUnderTest;
  writer!: AccountWriter;
  #counter = 0;

  fresh(word: string): string {
    return `${word}-${++this.#counter}`;
  }

  give(subject: string, input: AccountInput, key = this.fresh('key')): Promise<Outcome<AccountAnswer>> {
    return this.writer.execute(keyed(subject, input, key));
  }

  async shardOf(subject: string): Promise<number> {
    const outcome = await this.give(subject, { kind: 'deposit', amount: 0 });
    return outcome.kind === 'accepted' ? (outcome.position?.shard ?? -1) : -1;
  }

  /** With one deposit of nothing at the end. */
  async eventsOf(subject: string): Promise<StoredEvent[]> {
    const { pool, schema, service } = this.store;
    return readSubject(pool, schema, { service, subject, shard: await this.shardOf(subject) });
  }
}

/** What every event store must do, told in commands to accounts. */
export function eventStoreContract(name: string, open: () => Promise<EventStoreUnderTest>): void {
  describe(name, () => {
    const scene = new Scene();
    beforeAll(async () => {
      scene.store = await open();
      scene.writer = scene.store.writer();
    });
    afterAll(async () => {
      await scene.writer.close();
      await scene.store.close();
    });
    commandContract(scene);
    logContract(scene);
  });
}
