import type { StoredEvent } from '@loyalty/kernel';
import { keyed, type AccountInput } from './account.fixture.ts';
import type { AccountWriter, Scene } from './event-store.contract.ts';
import { ClockBehindError, QueueFullError } from './outcome.ts';
import { ERASED, openSealed } from './sealing.ts';

/** What a caller may rely on. */
export function commandContract(scene: Scene): void {
  describe('a command', () => {
    test('is decided on what was recorded before it', async () => {
      const ann = scene.fresh('ann');
      const outcomes = await Promise.all([
        scene.give(ann, { kind: 'deposit', amount: 5 }),
        scene.give(ann, { kind: 'withdraw', amount: 3 }),
        scene.give(ann, { kind: 'withdraw', amount: 3 }),
      ]);
      expect(outcomes).toMatchObject([
        { kind: 'accepted', answer: { balance: 5 }, replayed: false },
        { kind: 'accepted', answer: { balance: 2 }, replayed: false },
        { kind: 'refused', refusal: { code: 'too_little', message: 'only 2' }, replayed: false },
      ]);
    });

    test('gets the full state when the short one does not do, with what its own batch appended', async () => {
      const ann = scene.fresh('ann');
      await scene.give(ann, { kind: 'deposit', amount: 1 });
      const other = scene.store.writer();
      const [, counted, after] = await Promise.all([
        other.execute(keyed(ann, { kind: 'deposit', amount: 1 }, scene.fresh('key'))),
        other.execute(keyed(ann, { kind: 'count' }, scene.fresh('key'))),
        other.execute(keyed(ann, { kind: 'deposit', amount: 1 }, scene.fresh('key'))),
      ]);
      expect(counted).toMatchObject({ answer: { balance: 2, entries: 2 } });
      expect(after).toMatchObject({ answer: { balance: 3 } });
      await other.close();
    });

    test('that would be refused is decided on what was recorded before it as well', async () => {
      const ann = scene.fresh('ann');
      const other = scene.store.writer();
      const there = (input: AccountInput) => other.execute(keyed(ann, input, scene.fresh('key')));
      // Twice, so that it remembers all it needs to go without locks.
      await there({ kind: 'deposit', amount: 1 });
      await there({ kind: 'deposit', amount: 1 });
      await scene.give(ann, { kind: 'deposit', amount: 90 });
      expect(await there({ kind: 'withdraw', amount: 50 })).toMatchObject({
        kind: 'accepted',
        answer: { balance: 42 },
      });
      await other.close();
    });

    test('gets the answer its key was given, also where it would now be refused for the time being', async () => {
      const ann = scene.fresh('ann');
      const key = scene.fresh('key');
      await scene.give(ann, { kind: 'deposit', amount: 5 });
      const first = await scene.give(ann, { kind: 'attempt', amount: 5 }, key);
      expect(first).toMatchObject({ kind: 'accepted', answer: { balance: 0 }, replayed: false });
      expect(await scene.give(ann, { kind: 'attempt', amount: 5 }, key)).toEqual({ ...first, replayed: true });
      expect(await scene.give(ann, { kind: 'attempt', amount: 6 }, key)).toEqual({ kind: 'conflict' });
      const later = scene.fresh('key');
      expect(await scene.give(ann, { kind: 'attempt', amount: 1 }, later)).toMatchObject({ kind: 'refused' });
      await scene.give(ann, { kind: 'deposit', amount: 1 });
      expect(await scene.give(ann, { kind: 'attempt', amount: 1 }, later)).toMatchObject({ kind: 'accepted' });
    });

    test('that is at fault fails alone', async () => {
      const ann = scene.fresh('ann');
      const settled = await Promise.allSettled([
        scene.give(ann, { kind: 'deposit', amount: 1 }),
        scene.give(ann, { kind: 'throw' }),
        scene.give(ann, { kind: 'overflow' }),
        scene.give(scene.fresh('bob'), { kind: 'deposit', amount: 1 }),
        scene.give(ann, { kind: 'deposit', amount: 1 }),
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
      const ann = scene.fresh('ann');
      const works = (['deposit', 'throw', 'deposit'] as const).map((kind) =>
        keyed(ann, { kind, amount: 2 } as AccountInput, scene.fresh('key')),
      );
      expect(await scene.writer.executeMany(works)).toMatchObject([
        { kind: 'accepted', answer: { balance: 2 } },
        { kind: 'failed', error: { message: 'decider at fault' } },
        { kind: 'accepted', answer: { balance: 4 } },
      ]);
    });

    test('may bring megabytes, and a queue full of them is written in parts', async () => {
      const text = 'x'.repeat(4_000_000);
      const ann = scene.fresh('ann');
      const outcomes = await scene.writer.executeMany(
        Array.from({ length: 6 }, () => ({ subject: ann, input: { kind: 'note', text } as const })),
      );
      expect(outcomes.map((outcome) => outcome.kind)).toEqual(Array(6).fill('accepted'));
      expect((await scene.eventsOf(ann)).map((event) => event.type)).toEqual([
        ...Array<string>(6).fill('account.noted.v1'),
        'account.moved.v1',
      ]);
    });

    test.each(['\0', '\ud800'])('for a subject that text cannot hold (%j) is refused as a fault', async (mark) => {
      await expect(scene.give(`ann${mark}`, { kind: 'deposit', amount: 1 })).rejects.toThrow('not storable');
    });
  });

  describe('a key', () => {
    test.each<AccountInput>([{ kind: 'deposit', amount: 7 }, { kind: 'withdraw', amount: 1_000 }, { kind: 'count' }])(
      'gets the same answer for ever: %j',
      async (input) => {
        const ann = scene.fresh('ann');
        const key = scene.fresh('key');
        const first = await scene.give(ann, input, key);
        await scene.give(ann, { kind: 'deposit', amount: 900_000 });
        expect(await scene.give(ann, input, key)).toEqual({ ...first, replayed: true });
        const later = scene.store.writer();
        expect(await later.execute(keyed(ann, input, key))).toEqual({ ...first, replayed: true });
        await later.close();
      },
    );

    test('used twice in one batch is decided once', async () => {
      const ann = scene.fresh('ann');
      const [first, second] = await Promise.all([
        scene.give(ann, { kind: 'deposit', amount: 7 }, 'twice'),
        scene.give(ann, { kind: 'deposit', amount: 7 }, 'twice'),
      ]);
      expect(second).toEqual({ ...first, replayed: true });
      expect(await scene.give(ann, { kind: 'deposit', amount: 1 })).toMatchObject({ answer: { balance: 8 } });
    });

    test('with another body is a conflict, in the same batch too', async () => {
      const ann = scene.fresh('ann');
      const key = scene.fresh('key');
      const same = await Promise.all([
        scene.give(ann, { kind: 'deposit', amount: 7 }, key),
        scene.give(ann, { kind: 'deposit', amount: 8 }, key),
      ]);
      expect(same).toMatchObject([{ kind: 'accepted' }, { kind: 'conflict' }]);
      expect(await scene.give(scene.fresh('bob'), { kind: 'deposit', amount: 7 }, key)).toEqual({ kind: 'conflict' });
    });

    test('that two writers bring at once for two subjects is given to one of them', async () => {
      const other = scene.store.writer();
      for (let round = 0; round < 5; round++) {
        const key = scene.fresh('key');
        const outcomes = await Promise.all([
          scene.give(scene.fresh('ann'), { kind: 'deposit', amount: 1 }, key),
          other.execute(keyed(scene.fresh('bob'), { kind: 'deposit', amount: 1 }, key)),
        ]);
        expect(outcomes.map((outcome) => outcome.kind).sort()).toEqual(['accepted', 'conflict']);
      }
      await other.close();
    });
  });

  describe('a sealed field', () => {
    test('is stored encrypted, opened by its own service, and erased with the subject’s key', async () => {
      const ann = scene.fresh('ann');
      const key = scene.fresh('key');
      await Promise.all([
        scene.give(ann, { kind: 'note', text: 'call me' }, key),
        scene.give(ann, { kind: 'note', text: 'twice' }),
      ]);
      const [event] = await scene.eventsOf(ann);
      const { text } = JSON.parse(event?.data ?? '') as { text: string };
      expect(text).not.toContain('call');
      const field = { subject: ann, eventId: event?.id ?? '', field: 'text', value: text };
      expect(await openSealed(scene.store.pool, scene.store.schema, [field])).toEqual(['call me']);
      await expect(openSealed(scene.store.pool, scene.store.schema, [{ ...field, field: 'other' }])).rejects.toThrow();
      expect(await scene.give(ann, { kind: 'note', text: 'call me' }, key)).toMatchObject({ replayed: true });
      expect(await scene.give(ann, { kind: 'note', text: 'guess' }, key)).toEqual({ kind: 'conflict' });
      await scene.store.pool.query(
        `UPDATE ${scene.store.schema}.subject_keys SET key = NULL, destroyed_at = now() WHERE subject = $1`,
        [ann],
      );
      expect(await openSealed(scene.store.pool, scene.store.schema, [field])).toEqual([ERASED]);
      expect(await scene.give(ann, { kind: 'note', text: 'later' })).toMatchObject({ kind: 'accepted' });
      const later = (await scene.eventsOf(ann))
        .filter((each) => each.type === 'account.noted.v1')
        .at(-1) as StoredEvent;
      const value = (JSON.parse(later.data) as { text: string }).text;
      expect(
        await openSealed(scene.store.pool, scene.store.schema, [
          { subject: ann, eventId: later.id, field: 'text', value },
        ]),
      ).toEqual([ERASED]);
    });

    test('of a work without a sealed key gets its subject a key as well', async () => {
      const ann = scene.fresh('ann');
      const outcomes = await scene.writer.executeMany([
        { subject: ann, input: { kind: 'note', text: 'one' } },
        { subject: ann, input: { kind: 'count' } },
      ]);
      expect(outcomes).toMatchObject([{ kind: 'accepted' }, { answer: { entries: 1 } }]);
    });
  });

  describe('the writer', () => {
    test('takes no more than its queue holds', async () => {
      const small = scene.store.writer({ queueLimit: 2 });
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
      const closing = scene.store.writer();
      const last = closing.execute({ subject: 'ann', input: { kind: 'count' } });
      await expect(
        Promise.all([last, closing.execute({ subject: 'ann', input: { kind: 'count' } }), closing.close()]),
      ).resolves.toBeDefined();
      await expect(closing.execute({ subject: 'ann', input: { kind: 'count' } })).rejects.toThrow('closed');
    });

    test('refuses to write while the clock is far behind a head, and never records an earlier time', async () => {
      const ann = scene.fresh('ann');
      await scene.give(ann, { kind: 'deposit', amount: 1 });
      const [before] = await scene.eventsOf(ann);
      const recorded = before?.recorded ?? 0;
      const behind = (ms: number): AccountWriter => scene.store.writer({ clock: () => recorded - ms * 1000 });
      const far = behind(300_001);
      await expect(far.execute(keyed(ann, { kind: 'deposit', amount: 1 }, scene.fresh('key')))).rejects.toBeInstanceOf(
        ClockBehindError,
      );
      await far.close();
      const near = behind(1_000);
      await near.execute(keyed(ann, { kind: 'deposit', amount: 1 }, scene.fresh('key')));
      await near.close();
      const after = (await scene.eventsOf(ann)).map((event) => event.recorded);
      expect([...after].sort((a, b) => a - b)).toEqual(after);
      expect(new Set(after).size).toBe(after.length);
    });
  });
}
