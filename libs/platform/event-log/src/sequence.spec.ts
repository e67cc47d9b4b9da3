import fc from 'fast-check';
import { events } from './contract/contract-world.ts';
import { sift } from './sequence.ts';

const log = events('s', 0, 1, 20);
const at = (position: number, seen = true) => ({ position, hash: log[position - 1]?.hash ?? '', seen });
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
    expect(sift({ position: 3, hash: 'other', seen: false }, log.slice(2, 5))).toMatchObject({
      fresh: [],
      diverged: 3,
    });
  });

  it('takes nothing before the event of the checkpoint itself has come, in whatever delivery', () => {
    expect(sift(at(3, false), log.slice(3, 5))).toMatchObject({
      fresh: [],
      gap: { expected: 3, found: 4 },
      seen: false,
    });
    expect(sift(at(3, false), log.slice(0, 2))).toMatchObject({ fresh: [], gap: null, seen: false });
    const sifted = sift(at(3, false), log.slice(1, 5));
    expect([places(sifted), sifted.gap, sifted.seen]).toEqual([[4, 5], null, true]);
  });

  it('never takes anything but the very next, whatever is delivered', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.boolean(), fc.array(fc.constantFrom(...log)), (start, seen, delivered) => {
        const sifted = sift(at(start, seen || start === 0), delivered);
        expect(places(sifted)).toEqual(Array.from(sifted.fresh, (_, i) => start + i + 1));
      }),
    );
  });
});
