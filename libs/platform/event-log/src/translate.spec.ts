import type { StoredEvent } from '@loyalty/kernel';
import { events } from './contract/contract-world.ts';
import { translate } from './translate.ts';

const batch = events('s', 0, 1, 6);
const work = ({ subject, position }: StoredEvent) => ({ subject, input: position });

describe('translate', () => {
  it('calls each handler once with all its events and gives the work in the order of the log', async () => {
    const calls: number[] = [];
    const made = await translate<number>(
      {
        'thing.begun.v1': (some) => (calls.push(some.length), some.map(work)),
        'thing.ended.v1': async (some) => (calls.push(some.length), some.map(work)),
      },
      batch,
    );
    expect(calls).toEqual([4, 2]);
    expect(made.map(({ input }) => input)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(made[2]).toEqual({ subject: 'm0.3', input: 3, position: 3, hash: batch[2]?.hash });
  });

  it('passes by types that nobody handles, and leaves out events that mean nothing', async () => {
    const made = await translate<number>(
      { 'thing.ended.v1': (some) => some.map((event) => (event.position === 3 ? null : work(event))) },
      batch,
    );
    expect(made.map(({ position }) => position)).toEqual([6]);
  });

  it('refuses an answer of another length', async () => {
    await expect(translate<number>({ 'thing.begun.v1': () => [] }, batch)).rejects.toThrow(
      'got 4 events and must answer with as many',
    );
  });
});
