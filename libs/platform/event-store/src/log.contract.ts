import { keyed, type AccountInput } from './account.fixture.ts';
import type { Scene } from './event-store.contract.ts';
import { CheckpointMovedError, PoisonError } from './outcome.ts';
import { readHeads, readShard, readSubject } from './read.ts';
import { verifyChain } from './verify-chain.ts';
import type { SourceBatch } from './writer.ts';

const HASH = 'ab'.repeat(32);

/** What readers of the log, and feeders of it from another log, may rely on. */
export function logContract(scene: Scene): void {
  describe('the log', () => {
    test('holds what happened, in place', async () => {
      const ann = scene.fresh('ann');
      await scene.writer.execute({
        subject: ann,
        input: { kind: 'deposit', amount: 5, at: 1_000 },
        correlation: 'co',
        causation: 'ca',
        trace: 'tr',
      });
      const [event] = await scene.eventsOf(ann);
      expect(event).toMatchObject({
        source: scene.store.service,
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
      for (const { shard, position } of await readHeads(scene.store.pool, scene.store.schema)) {
        const events = await readShard(scene.store.pool, scene.store.schema, {
          service: scene.store.service,
          shard,
          after: 0,
          limit: 10_000,
        });
        expect(events.map((event) => event.position)).toEqual(
          Array.from({ length: position }, (_, index) => index + 1),
        );
        events.reduce((before, event) => (expect(event.recorded).toBeGreaterThanOrEqual(before), event.recorded), 0);
        expect(await verifyChain(scene.store.pool, { ...scene.store, shard })).toMatchObject({
          ok: true,
          checked: position,
        });
      }
    });

    test('reads a subject backwards and between positions', async () => {
      const ann = scene.fresh('ann');
      const shard = await scene.shardOf(ann);
      for (const amount of [1, 2, 3]) await scene.give(ann, { kind: 'deposit', amount });
      const all = await readSubject(scene.store.pool, scene.store.schema, {
        service: scene.store.service,
        subject: ann,
        shard,
      });
      const places = all.map((event) => event.position);
      const page = {
        service: scene.store.service,
        subject: ann,
        shard,
        before: places[3] as number,
        limit: 2,
        descending: true,
      };
      expect((await readSubject(scene.store.pool, scene.store.schema, page)).map((event) => event.position)).toEqual([
        places[2],
        places[1],
      ]);
    });

    test('tells listeners where it ends after a commit', async () => {
      const heard: unknown[] = [];
      const stop = scene.writer.onCommitted((heads) => heard.push(...heads));
      const outcome = await scene.give(scene.fresh('ann'), { kind: 'deposit', amount: 1 });
      stop();
      await scene.give(scene.fresh('ann'), { kind: 'deposit', amount: 1 });
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
      const { rows } = await scene.store.pool.query<{ position: number }>(
        `SELECT position FROM ${scene.store.schema}.checkpoints WHERE consumer = $1`,
        [consumer],
      );
      return rows[0]?.position;
    };

    test('moves its checkpoint with its effects, in bounded steps', async () => {
      const consumer = scene.fresh('consumer');
      const steps = scene.store.writer({ sourceLimit: 3 });
      await steps.react(deposits(consumer, 0, [one, null, one, one, one, one, null, one, null]));
      await steps.react(deposits(consumer, 9, [null, null]));
      expect(await checkpoint(consumer)).toBe(11);
      expect(await scene.give(consumer, one)).toMatchObject({ answer: { balance: 7 } });
      await steps.close();
    });

    test('is applied once, whoever brings it', async () => {
      const consumer = scene.fresh('consumer');
      const second = scene.store.writer();
      const batch = deposits(consumer, 0, [one, one]);
      const settled = await Promise.allSettled([scene.writer.react(batch), second.react(batch)]);
      expect(settled.map((each) => each.status).sort()).toEqual(['fulfilled', 'rejected']);
      const failed = settled.find((each) => each.status === 'rejected');
      expect(failed?.reason).toBeInstanceOf(CheckpointMovedError);
      expect(failed?.reason).toMatchObject({ actual: 2 });
      expect(await scene.give(consumer, one)).toMatchObject({ answer: { balance: 3 } });
      await second.close();
    });

    test('that does not start at the checkpoint is told where that is, and does nothing', async () => {
      const consumer = scene.fresh('consumer');
      await expect(scene.writer.react(deposits(consumer, 4, [one]))).rejects.toMatchObject({ actual: 0 });
      expect(await checkpoint(consumer)).toBeUndefined();
    });

    test.each<AccountInput>([{ kind: 'throw' }, { kind: 'overflow' }])(
      'with an event that cannot be applied (%j) is applied up to it',
      async (bad) => {
        const consumer = scene.fresh('consumer');
        const [failure] = await Promise.allSettled([
          scene.writer.react(deposits(consumer, 0, [one, one, null, one, bad, one, one])),
          scene.give(scene.fresh('ann'), one),
        ]);
        expect(failure).toMatchObject({ status: 'rejected', reason: { name: PoisonError.name, position: 5 } });
        expect(await checkpoint(consumer)).toBe(4);
        expect(await scene.give(consumer, one)).toMatchObject({ answer: { balance: 4 } });
      },
    );

    test('whose work is refused counts as applied', async () => {
      const consumer = scene.fresh('consumer');
      await scene.writer.react(deposits(consumer, 0, [{ kind: 'withdraw', amount: 5 }, one]));
      expect(await checkpoint(consumer)).toBe(2);
    });

    test('may follow another that is still under way', async () => {
      const consumer = scene.fresh('consumer');
      await Promise.all([
        scene.writer.react(deposits(consumer, 0, [one, one])),
        scene.writer.react(deposits(consumer, 2, [one])),
      ]);
      expect(await checkpoint(consumer)).toBe(3);
    });
  });

  describe('a broadcast', () => {
    const limit = (value: number) => [{ type: 'limit.set.v1', time: 0, data: { limit: value } }];

    test('stands in every shard under one id, and every writer decides by it from then on', async () => {
      const other = scene.store.writer();
      const ann = scene.fresh('ann');
      await Promise.all([
        scene.give(ann, { kind: 'deposit', amount: 10 }),
        other.execute(keyed(scene.fresh('bob'), { kind: 'deposit', amount: 10 }, scene.fresh('key'))),
      ]);
      const key = { namespace: 'limits', key: scene.fresh('key'), hash: HASH };
      const first = await scene.writer.broadcast('limits', limit(9), { key });
      expect(first).toMatchObject({ kind: 'accepted', replayed: false });
      expect(await other.broadcast('limits', limit(9), { key })).toEqual({ ...first, replayed: true });
      expect(await other.execute(keyed(ann, { kind: 'deposit', amount: 10 }, scene.fresh('key')))).toMatchObject({
        kind: 'refused',
        refusal: { message: 'at most 9' },
      });
      expect(await scene.give(ann, { kind: 'deposit', amount: 10 })).toMatchObject({ kind: 'refused' });
      const { rows } = await scene.store.pool.query(
        `SELECT count(*), count(DISTINCT shard) AS shards, count(DISTINCT id) AS ids FROM ${scene.store.schema}.events WHERE type = 'limit.set.v1'`,
      );
      const shards = (await readHeads(scene.store.pool, scene.store.schema)).length;
      expect(rows).toEqual([{ count: shards, shards, ids: 1 }]);
      await scene.writer.broadcast('limits', limit(1_000_000));
      await other.close();
    });

    test('may be decided on what is there', async () => {
      const decide = (limitBefore: number) => ({
        kind: 'accepted' as const,
        events: [],
        answer: { balance: 0, limit: limitBefore },
      });
      expect(await scene.writer.broadcast('limits', ({ global }) => decide(global))).toMatchObject({
        answer: { limit: 1_000_000 },
        position: null,
      });
    });
  });
}
