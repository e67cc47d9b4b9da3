import type { StoredEvent } from '@loyalty/kernel';
import type { ShardReader } from '../transport.ts';
import { ReadAhead } from './read-ahead.ts';

/** Batches of two, given when they are released. */
function readerOf(last: number) {
  let after = 0;
  let asked = 0;
  let release: (() => void) | undefined;
  const reader: ShardReader = {
    seek: (to) => void (after = to),
    next: () => {
      asked++;
      if (release !== undefined) throw new Error('asked twice at once');
      return new Promise((resolve, reject) => {
        release = () => {
          release = undefined;
          if (after >= last) return reject(new Error('the end'));
          const events = [after + 1, after + 2].map((position) => ({ position }) as StoredEvent);
          after += 2;
          resolve(events);
        };
      });
    },
  };
  return { reader, asked: () => asked, release: () => release?.() };
}

const positions = (events: readonly StoredEvent[]): number[] => events.map(({ position }) => position);

it('reads one batch ahead, in order, and no further', async () => {
  const { reader, asked, release } = readerOf(10);
  const ahead = new ReadAhead(reader);
  ahead.seek(0);
  const first = ahead.next();
  release();
  expect(positions(await first)).toEqual([1, 2]);
  release();
  await Promise.resolve();
  expect(asked()).toBe(2);
  expect(positions(await ahead.next())).toEqual([3, 4]);
  expect(asked()).toBe(3);
});

it('forgets a batch that was read before it was sought elsewhere', async () => {
  const { reader, asked, release } = readerOf(10);
  const ahead = new ReadAhead(reader);
  ahead.seek(4);
  const first = ahead.next();
  release();
  expect(positions(await first)).toEqual([5, 6]);
  // Read: 7 and 8.
  release();
  ahead.seek(4);
  const again = ahead.next();
  while (asked() < 3) await Promise.resolve();
  release();
  expect(positions(await again)).toEqual([5, 6]);
});

it('takes what does not go on where it was for a fault', async () => {
  const { reader, release } = readerOf(10);
  const ahead = new ReadAhead(reader);
  ahead.seek(4);
  reader.seek(6);
  const first = ahead.next();
  release();
  await expect(first).rejects.toThrow('position 7 where 5 was due');
});

it('a batch under way when it is sought elsewhere comes from there', async () => {
  const { reader, release } = readerOf(10);
  const ahead = new ReadAhead(reader);
  ahead.seek(0);
  const first = ahead.next();
  release();
  await first;
  ahead.seek(6);
  const sought = ahead.next();
  release();
  expect(positions(await sought)).toEqual([7, 8]);
});

it('a read that failed is told to whoever asks next', async () => {
  const { reader, release } = readerOf(2);
  const ahead = new ReadAhead(reader);
  ahead.seek(0);
  const first = ahead.next();
  release();
  await first;
  release();
  await expect(ahead.next()).rejects.toThrow('the end');
});
