import type { StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { keyed, type AccountAnswer, type AccountInput, type AccountLimit } from './account.fixture.ts';
import { CheckpointMovedError, ClockBehindError, PoisonError, QueueFullError, type Outcome } from './outcome.ts';
import { readHeads, readShard, readSubject } from './read.ts';
import { ERASED, openSealed } from './sealing.ts';
import { verifyChain } from './verify-chain.ts';
import type { SourceBatch, Writer, WriterOptions } from './writer.ts';

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

const HASH = 'ab'.repeat(32);

/** What every event store must do, told in commands to accounts. */
export function eventStoreContract(name: string, open: () => Promise<EventStoreUnderTest>): void {
  describe(name, () => {
    let store: EventStoreUnderTest;
    let writer: AccountWriter;
    let counter = 0;
    const fresh = (word: string): string => `${word}-${++counter}`;
    const give = (subject: string, input: AccountInput, key = fresh('key')): Promise<Outcome<AccountAnswer>> =>
      writer.execute(keyed(subject, input, key));
    const shardOfSubject = async (subject: string): Promise<number> => {
      const outcome = await give(subject, { kind: 'deposit', amount: 0 });
      return outcome.kind === 'accepted' ? (outcome.position?.shard ?? -1) : -1;
    };
    const eventsOf = async (subject: string): Promise<StoredEvent[]> =>
      readSubject(store.pool, store.schema, { service: store.service, subject, shard: await shardOfSubject(subject) });

    beforeAll(async () => {
      store = await open();
      writer = store.writer();
    });
    afterAll(async () => {
      await writer.close();
      await store.close();
    });

    describe('a command', () => {
      test('is decided on what was recorded before it', async () => {
        const ann = fresh('ann');
        const outcomes = await Promise.all([
          give(ann, { kind: 'deposit', amount: 5 }),
          give(ann, { kind: 'withdraw', amount: 3 }),
          give(ann, { kind: 'withdraw', amount: 3 }),
        ]);
        expect(outcomes).toMatchObject([
          { kind: 'accepted', answer: { balance: 5 }, replayed: false },
          { kind: 'accepted', answer: { balance: 2 }, replayed: false },
          { kind: 'refused', refusal: { code: 'too_little', message: 'only 2' }, replayed: false },
        ]);
      });

      test('gets the full state when the short one does not do, with what its own batch appended', async () => {
        const ann = fresh('ann');
        await give(ann, { kind: 'deposit', amount: 1 });
        const other = store.writer();
        const [, counted, after] = await Promise.all([
          other.execute(keyed(ann, { kind: 'deposit', amount: 1 }, fresh('key'))),
          other.execute(keyed(ann, { kind: 'count' }, fresh('key'))),
          other.execute(keyed(ann, { kind: 'deposit', amount: 1 }, fresh('key'))),
        ]);
        expect(counted).toMatchObject({ answer: { balance: 2, entries: 2 } });
        expect(after).toMatchObject({ answer: { balance: 3 } });
        await other.close();
      });

      test('that would be refused is decided on what was recorded before it as well', async () => {
        const ann = fresh('ann');
        const other = store.writer();
        const there = (input: AccountInput) => other.execute(keyed(ann, input, fresh('key')));
        // Twice, so that it remembers all it needs to go without locks.
        await there({ kind: 'deposit', amount: 1 });
        await there({ kind: 'deposit', amount: 1 });
        await give(ann, { kind: 'deposit', amount: 90 });
        expect(await there({ kind: 'withdraw', amount: 50 })).toMatchObject({
          kind: 'accepted',
          answer: { balance: 42 },
        });
        await other.close();
      });

      test('that is at fault fails alone', async () => {
        const ann = fresh('ann');
        const settled = await Promise.allSettled([
          give(ann, { kind: 'deposit', amount: 1 }),
          give(ann, { kind: 'throw' }),
          give(ann, { kind: 'overflow' }),
          give(fresh('bob'), { kind: 'deposit', amount: 1 }),
          give(ann, { kind: 'deposit', amount: 1 }),
        ]);
        expect(settled).toMatchObject([
          { value: { answer: { balance: 1 } } },
          { reason: { message: 'decider at fault' } },
          { reason: { code: '22003' } },
          { value: { answer: { balance: 1 } } },
          { value: { answer: { balance: 2 } } },
        ]);
      });

      test('in a list has its outcome in its place, a fault included', async () => {
        const ann = fresh('ann');
        const works = (['deposit', 'throw', 'deposit'] as const).map((kind) =>
          keyed(ann, { kind, amount: 2 } as AccountInput, fresh('key')),
        );
        expect(await writer.executeMany(works)).toMatchObject([
          { kind: 'accepted', answer: { balance: 2 } },
          { kind: 'failed', error: { message: 'decider at fault' } },
          { kind: 'accepted', answer: { balance: 4 } },
        ]);
      });

      test.each(['\0', '\ud800'])('for a subject that text cannot hold (%j) is refused as a fault', async (mark) => {
        await expect(give(`ann${mark}`, { kind: 'deposit', amount: 1 })).rejects.toThrow('not storable');
      });
    });

    describe('a key', () => {
      test.each<AccountInput>([{ kind: 'deposit', amount: 7 }, { kind: 'withdraw', amount: 1_000 }, { kind: 'count' }])(
        'gets the same answer for ever: %j',
        async (input) => {
          const ann = fresh('ann');
          const key = fresh('key');
          const first = await give(ann, input, key);
          await give(ann, { kind: 'deposit', amount: 900_000 });
          expect(await give(ann, input, key)).toEqual({ ...first, replayed: true });
          const later = store.writer();
          expect(await later.execute(keyed(ann, input, key))).toEqual({ ...first, replayed: true });
          await later.close();
        },
      );

      test('used twice in one batch is decided once', async () => {
        const ann = fresh('ann');
        const [first, second] = await Promise.all([
          give(ann, { kind: 'deposit', amount: 7 }, 'twice'),
          give(ann, { kind: 'deposit', amount: 7 }, 'twice'),
        ]);
        expect(second).toEqual({ ...first, replayed: true });
        expect(await give(ann, { kind: 'deposit', amount: 1 })).toMatchObject({ answer: { balance: 8 } });
      });

      test('with another body is a conflict, in the same batch too', async () => {
        const ann = fresh('ann');
        const key = fresh('key');
        const same = await Promise.all([
          give(ann, { kind: 'deposit', amount: 7 }, key),
          give(ann, { kind: 'deposit', amount: 8 }, key),
        ]);
        expect(same).toMatchObject([{ kind: 'accepted' }, { kind: 'conflict' }]);
        expect(await give(fresh('bob'), { kind: 'deposit', amount: 7 }, key)).toEqual({ kind: 'conflict' });
      });
    });

    describe('the log', () => {
      test('holds what happened, in place', async () => {
        const ann = fresh('ann');
        await writer.execute({
          subject: ann,
          input: { kind: 'deposit', amount: 5, at: 1_000 },
          correlation: 'co',
          causation: 'ca',
          trace: 'tr',
        });
        const [event] = await eventsOf(ann);
        expect(event).toMatchObject({
          source: store.service,
          type: 'account.moved.v1',
          subject: ann,
          time: 1_000,
          correlation: 'co',
          causation: 'ca',
          trace: 'tr',
          data: '{"amount":5}',
        });
        expect(event?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      });

      test('has positions 1, 2, 3 … in every shard, recorded times that never go back, and a true chain', async () => {
        for (const { shard, position } of await readHeads(store.pool, store.schema)) {
          const events = await readShard(store.pool, store.schema, {
            service: store.service,
            shard,
            after: 0,
            limit: 10_000,
          });
          expect(events.map((event) => event.position)).toEqual(
            Array.from({ length: position }, (_, index) => index + 1),
          );
          events.reduce((before, event) => (expect(event.recorded).toBeGreaterThanOrEqual(before), event.recorded), 0);
          expect(await verifyChain(store.pool, { ...store, shard })).toMatchObject({ ok: true, checked: position });
        }
      });

      test('reads a subject backwards and between positions', async () => {
        const ann = fresh('ann');
        const shard = await shardOfSubject(ann);
        for (const amount of [1, 2, 3]) await give(ann, { kind: 'deposit', amount });
        const all = await readSubject(store.pool, store.schema, { service: store.service, subject: ann, shard });
        const places = all.map((event) => event.position);
        const page = {
          service: store.service,
          subject: ann,
          shard,
          before: places[3] as number,
          limit: 2,
          descending: true,
        };
        expect((await readSubject(store.pool, store.schema, page)).map((event) => event.position)).toEqual([
          places[2],
          places[1],
        ]);
      });

      test('tells listeners where it ends after a commit', async () => {
        const heard: unknown[] = [];
        const stop = writer.onCommitted((heads) => heard.push(...heads));
        const outcome = await give(fresh('ann'), { kind: 'deposit', amount: 1 });
        stop();
        await give(fresh('ann'), { kind: 'deposit', amount: 1 });
        expect(heard).toEqual([outcome.kind === 'accepted' && outcome.position]);
      });
    });

    describe('a source batch', () => {
      const deposits = (
        consumer: string,
        from: number,
        inputs: readonly (AccountInput | null)[],
      ): SourceBatch<AccountInput> => ({
        consumer,
        source: 'elsewhere',
        shard: 1,
        from,
        to: from + inputs.length,
        hash: HASH,
        work: inputs.flatMap((input, index) =>
          input ? [{ subject: consumer, input, position: from + 1 + index, hash: HASH }] : [],
        ),
      });
      const one: AccountInput = { kind: 'deposit', amount: 1 };
      const checkpoint = async (consumer: string): Promise<number | undefined> => {
        const { rows } = await store.pool.query<{ position: number }>(
          `SELECT position FROM ${store.schema}.checkpoints WHERE consumer = $1`,
          [consumer],
        );
        return rows[0]?.position;
      };

      test('moves its checkpoint with its effects, in bounded steps', async () => {
        const consumer = fresh('consumer');
        const steps = store.writer({ sourceLimit: 3 });
        await steps.react(deposits(consumer, 0, [one, null, one, one, one, one, null, one, null]));
        await steps.react(deposits(consumer, 9, [null, null]));
        expect(await checkpoint(consumer)).toBe(11);
        expect(await give(consumer, one)).toMatchObject({ answer: { balance: 7 } });
        await steps.close();
      });

      test('is applied once, whoever brings it', async () => {
        const consumer = fresh('consumer');
        const second = store.writer();
        const batch = deposits(consumer, 0, [one, one]);
        const settled = await Promise.allSettled([writer.react(batch), second.react(batch)]);
        expect(settled.map((each) => each.status).sort()).toEqual(['fulfilled', 'rejected']);
        const failed = settled.find((each) => each.status === 'rejected');
        expect(failed?.reason).toBeInstanceOf(CheckpointMovedError);
        expect(failed?.reason).toMatchObject({ actual: 2 });
        expect(await give(consumer, one)).toMatchObject({ answer: { balance: 3 } });
        await second.close();
      });

      test('that does not start at the checkpoint is told where that is, and does nothing', async () => {
        const consumer = fresh('consumer');
        await expect(writer.react(deposits(consumer, 4, [one]))).rejects.toMatchObject({ actual: 0 });
        expect(await checkpoint(consumer)).toBeUndefined();
      });

      test.each<AccountInput>([{ kind: 'throw' }, { kind: 'overflow' }])(
        'with an event that cannot be applied (%j) is applied up to it',
        async (bad) => {
          const consumer = fresh('consumer');
          const [failure] = await Promise.allSettled([
            writer.react(deposits(consumer, 0, [one, one, null, one, bad, one, one])),
            give(fresh('ann'), one),
          ]);
          expect(failure).toMatchObject({ status: 'rejected', reason: { name: PoisonError.name, position: 5 } });
          expect(await checkpoint(consumer)).toBe(4);
          expect(await give(consumer, one)).toMatchObject({ answer: { balance: 4 } });
        },
      );

      test('whose work is refused counts as applied', async () => {
        const consumer = fresh('consumer');
        await writer.react(deposits(consumer, 0, [{ kind: 'withdraw', amount: 5 }, one]));
        expect(await checkpoint(consumer)).toBe(2);
      });

      test('may follow another that is still under way', async () => {
        const consumer = fresh('consumer');
        await Promise.all([
          writer.react(deposits(consumer, 0, [one, one])),
          writer.react(deposits(consumer, 2, [one])),
        ]);
        expect(await checkpoint(consumer)).toBe(3);
      });
    });

    describe('a broadcast', () => {
      const limit = (value: number) => [{ type: 'limit.set.v1', time: 0, data: { limit: value } }];

      test('stands in every shard under one id, and every writer decides by it from then on', async () => {
        const other = store.writer();
        const ann = fresh('ann');
        await Promise.all([
          give(ann, { kind: 'deposit', amount: 10 }),
          other.execute(keyed(fresh('bob'), { kind: 'deposit', amount: 10 }, fresh('key'))),
        ]);
        const key = { namespace: 'limits', key: fresh('key'), hash: HASH };
        const first = await writer.broadcast('limits', limit(9), { key });
        expect(first).toMatchObject({ kind: 'accepted', replayed: false });
        expect(await other.broadcast('limits', limit(9), { key })).toEqual({ ...first, replayed: true });
        expect(await other.execute(keyed(ann, { kind: 'deposit', amount: 10 }, fresh('key')))).toMatchObject({
          kind: 'refused',
          refusal: { message: 'at most 9' },
        });
        expect(await give(ann, { kind: 'deposit', amount: 10 })).toMatchObject({ kind: 'refused' });
        const { rows } = await store.pool.query(
          `SELECT count(*), count(DISTINCT shard) AS shards, count(DISTINCT id) AS ids FROM ${store.schema}.events WHERE type = 'limit.set.v1'`,
        );
        const shards = (await readHeads(store.pool, store.schema)).length;
        expect(rows).toEqual([{ count: shards, shards, ids: 1 }]);
        await writer.broadcast('limits', limit(1_000_000));
        await other.close();
      });

      test('may be decided on what is there', async () => {
        const decide = (limitBefore: number) => ({
          kind: 'accepted' as const,
          events: [],
          answer: { balance: 0, limit: limitBefore },
        });
        expect(await writer.broadcast('limits', ({ global }) => decide(global))).toMatchObject({
          answer: { limit: 1_000_000 },
          position: null,
        });
      });
    });

    describe('a sealed field', () => {
      test('is stored encrypted, opened by its own service, and erased with the subject’s key', async () => {
        const ann = fresh('ann');
        const key = fresh('key');
        await Promise.all([
          give(ann, { kind: 'note', text: 'call me' }, key),
          give(ann, { kind: 'note', text: 'twice' }),
        ]);
        const [event] = await eventsOf(ann);
        const { text } = JSON.parse(event?.data ?? '') as { text: string };
        expect(text).not.toContain('call');
        const field = { subject: ann, eventId: event?.id ?? '', field: 'text', value: text };
        expect(await openSealed(store.pool, store.schema, [field])).toEqual(['call me']);
        await expect(openSealed(store.pool, store.schema, [{ ...field, field: 'other' }])).rejects.toThrow();
        expect(await give(ann, { kind: 'note', text: 'call me' }, key)).toMatchObject({ replayed: true });
        expect(await give(ann, { kind: 'note', text: 'guess' }, key)).toEqual({ kind: 'conflict' });
        await store.pool.query(
          `UPDATE ${store.schema}.subject_keys SET key = NULL, destroyed_at = now() WHERE subject = $1`,
          [ann],
        );
        expect(await openSealed(store.pool, store.schema, [field])).toEqual([ERASED]);
        expect(await give(ann, { kind: 'note', text: 'later' })).toMatchObject({ kind: 'accepted' });
        const later = (await eventsOf(ann)).filter((each) => each.type === 'account.noted.v1').at(-1) as StoredEvent;
        const value = (JSON.parse(later.data) as { text: string }).text;
        expect(
          await openSealed(store.pool, store.schema, [{ subject: ann, eventId: later.id, field: 'text', value }]),
        ).toEqual([ERASED]);
      });

      test('of a work without a sealed key gets its subject a key as well', async () => {
        const ann = fresh('ann');
        const outcomes = await writer.executeMany([
          { subject: ann, input: { kind: 'note', text: 'one' } },
          { subject: ann, input: { kind: 'count' } },
        ]);
        expect(outcomes).toMatchObject([{ kind: 'accepted' }, { answer: { entries: 1 } }]);
      });
    });

    describe('the writer', () => {
      test('takes no more than its queue holds', async () => {
        const small = store.writer({ queueLimit: 2 });
        await small.execute({ subject: 'ann', input: { kind: 'count' } });
        const settled = await Promise.allSettled(
          Array.from({ length: 5 }, () => small.execute({ subject: 'ann', input: { kind: 'count' } })),
        );
        expect(settled.map((each) => each.status)).toEqual([
          'fulfilled',
          'fulfilled',
          'rejected',
          'rejected',
          'rejected',
        ]);
        expect((settled[4] as PromiseRejectedResult).reason).toBeInstanceOf(QueueFullError);
        await small.close();
      });

      test('finishes what it took before it closes, and takes nothing afterwards', async () => {
        const closing = store.writer();
        const last = closing.execute({ subject: 'ann', input: { kind: 'count' } });
        await expect(
          Promise.all([last, closing.execute({ subject: 'ann', input: { kind: 'count' } }), closing.close()]),
        ).resolves.toBeDefined();
        await expect(closing.execute({ subject: 'ann', input: { kind: 'count' } })).rejects.toThrow('closed');
      });

      test('refuses to write while the clock is far behind a head, and never records an earlier time', async () => {
        const ann = fresh('ann');
        await give(ann, { kind: 'deposit', amount: 1 });
        const [before] = await eventsOf(ann);
        const recorded = before?.recorded ?? 0;
        const behind = (ms: number): AccountWriter => store.writer({ clock: () => recorded - ms * 1000 });
        const far = behind(300_001);
        await expect(far.execute(keyed(ann, { kind: 'deposit', amount: 1 }, fresh('key')))).rejects.toBeInstanceOf(
          ClockBehindError,
        );
        await far.close();
        const near = behind(1_000);
        await near.execute(keyed(ann, { kind: 'deposit', amount: 1 }, fresh('key')));
        await near.close();
        const after = (await eventsOf(ann)).map((event) => event.recorded);
        expect([...after].sort((a, b) => a - b)).toEqual(after);
        expect(new Set(after).size).toBe(after.length);
      });
    });
  });
}
