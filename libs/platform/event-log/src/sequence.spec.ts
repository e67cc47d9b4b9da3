import fc from 'fast-check';
import { events } from './contract/contract-world.ts';
import { sift } from './sequence.ts';

const log = events('s', 0, 1, 20);
const at = (position: number) => ({ position, hash: log[position - 1]?.hash ?? '' });
const places = (sifted: ReturnType<typeof sift>) => sifted.fresh.map(({ position }) => position);

describe('sift', () => {
  it('skips what was applied and takes what is next', () => {
    const sifted = sift(at(3), log.slice(1, 6));
    expect(places(sifted)).toEqual([4, 5, 6]);
    expect(sifted).toMatchObject({ gap: null, diverged: null });
  });

  it('takes what comes before a gap, and nothing behind it', () => {
    const sifted = sift(at(3), [...log.slice(3, 5), ...log.slice(7, 9)]);
    expect(places(sifted)).toEqual([4, 5]);
    expect(sifted.gap).toEqual({ expected: 6, found: 8 });
  });

  it('knows another log by the hash at the checkpoint', () => {
    expect(sift({ position: 3, hash: 'other' }, log.slice(2, 5))).toMatchObject({ fresh: [], diverged: 3 });
  });

  it('never takes anything but the very next, whatever is delivered', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.array(fc.constantFrom(...log)), (start, delivered) => {
        const sifted = sift(at(start), delivered);
        expect(places(sifted)).toEqual(Array.from(sifted.fresh, (_, i) => start + i + 1));
      }),
    );
  });
});
