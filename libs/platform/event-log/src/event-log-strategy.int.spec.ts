import 'reflect-metadata';
import { jest } from '@jest/globals';
import { Controller, Module, UseFilters, type INestMicroservice } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import type { StoredEvent } from '@loyalty/kernel';
import { CONSUMER_TABLES, events, NotingWriter, type Noted } from './contract/contract-world.ts';
import { EventLogStrategy, Rethrow } from './event-log-strategy.ts';
import { EmbeddedEventLog } from './embedded/embedded-event-log.ts';
import { listParked } from './parked.ts';
import { testDatabase, type TestDatabase } from '@loyalty/testing';

// Machines that run everything at once are slow; nothing here waits for its own sake.
jest.setTimeout(30_000);

const THINGS = Symbol('things to notes');
const ELSEWHERE = Symbol('another consumer');

@Controller()
@UseFilters(Rethrow)
class Notes {
  @EventPattern('thing.begun.v1', THINGS)
  begun(@Payload() batch: StoredEvent[]) {
    return batch.map(({ subject, shard, position }) => {
      if (position === 4) throw new RangeError('four is refused');
      return { subject, input: { shard, position } };
    });
  }

  @EventPattern('thing.ended.v1', THINGS)
  async ended(@Payload() batch: StoredEvent[]) {
    return batch.map(() => null);
  }

  @EventPattern('thing.begun.v1', ELSEWHERE)
  elsewhere(@Payload() batch: StoredEvent[]) {
    return batch.map(() => null);
  }
}

@Module({ controllers: [Notes] })
class NotesModule {}

@Controller()
class Again {
  @EventPattern('thing.begun.v1', THINGS)
  begun(@Payload() batch: StoredEvent[]) {
    return batch.map(() => null);
  }
}

@Module({ controllers: [Notes, Again] })
class TwiceModule {}

describe('an event log strategy in Nest', () => {
  let database: TestDatabase;
  let log: EmbeddedEventLog;
  let app: INestMicroservice | undefined;

  beforeAll(async () => {
    database = await testDatabase();
    await database.pool.query(`${CONSUMER_TABLES}
CREATE SCHEMA things; CREATE TABLE things.events (shard smallint, position bigint, id uuid, type text, subject text, time timestamptz, recorded timestamptz,
  correlation text, causation text, trace text, data text, hash bytea, PRIMARY KEY (shard, position))`);
    for (const { shard, position, id, type, subject, data, hash } of events('things', 0, 1, 8)) {
      await database.pool.query(
        `INSERT INTO things.events VALUES ($1, $2, $3, $4, $5, now(), now(), NULL, NULL, NULL, $6, decode($7, 'hex'))`,
        [shard, position, id, type, subject, data, hash],
      );
    }
    log = new EmbeddedEventLog({ pool: database.pool, pollMs: 10 });
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });
  afterAll(async () => {
    await log.close();
    await database.close();
  });

  const strategy = (requires: string[]) =>
    new EventLogStrategy<Noted>({
      transportId: THINGS,
      requires,
      consumer: 'notes',
      source: 'things',
      schema: 'consumer',
      shards: 1,
      attempts: 2,
      transport: log,
      pool: database.pool,
      writer: new NotingWriter(database.pool, 'nest'),
    });

  async function listening(module: unknown, over: EventLogStrategy<Noted>) {
    const built = await Test.createTestingModule({ imports: [module as never] }).compile();
    app = built.createNestMicroservice({ strategy: over, logger: false });
    await app.listen();
  }

  it('gives handlers their batches, and parks for the reason that a handler really had', async () => {
    const over = strategy(['thing.begun.v1', 'thing.ended.v1']);
    await listening(NotesModule, over);
    while (over.consumer?.health()[0]?.position !== 8) await new Promise((resume) => setTimeout(resume, 3));
    const { rows } = await database.pool.query<{ position: number }>(
      'SELECT position FROM consumer.effects ORDER BY n',
    );
    expect(rows.map(({ position }) => position)).toEqual([1, 2, 5, 7, 8]);
    expect(await listParked(database.pool, 'consumer')).toMatchObject([
      { position: 4, reason: 'RangeError: four is refused' },
    ]);
  });

  it.each([
    [
      'a required type nobody handles',
      NotesModule,
      ['thing.begun.v1', 'thing.ended.v1', 'thing.lost.v1'],
      'nobody handles thing.lost.v1',
    ],
    [
      'a type that is handled but not required',
      NotesModule,
      ['thing.begun.v1'],
      'thing.ended.v1 is handled but not among the required',
    ],
    [
      'a type handled twice',
      TwiceModule,
      ['thing.begun.v1', 'thing.ended.v1'],
      'thing.begun.v1 is handled more than once',
    ],
  ])('does not start with %s', async (_, module, requires, message) => {
    await expect(listening(module, strategy(requires))).rejects.toThrow(message);
  });
});
