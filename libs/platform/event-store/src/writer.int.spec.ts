import { testDatabase } from '@loyalty/testing';
import { accountContracts, accountDecider, accountTemplate } from './account.fixture.ts';
import { eventStoreContract, type EventStoreUnderTest } from './event-store.contract.ts';
import { createWriter } from './writer.ts';

const SCHEMA = 'accounts';

async function open(loops: number): Promise<EventStoreUnderTest> {
  const { pool, close } = await testDatabase(accountTemplate());
  const writer: EventStoreUnderTest['writer'] = (tuning) =>
    createWriter({
      pool,
      schema: SCHEMA,
      service: SCHEMA,
      decider: accountDecider(SCHEMA),
      contracts: accountContracts,
      validate: true,
      loops,
      ...tuning,
    });
  return { pool, schema: SCHEMA, service: SCHEMA, writer, close };
}

eventStoreContract('one writer loop', () => open(1));
eventStoreContract('a loop for every shard', () => open(4));
