import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { treeRoot } from './check-receipt.ts';
import { innerHash, leavesOf, levelsOf, pathOf, rootOf } from './merkle.ts';
import { naivePath, naiveRoot } from './naive-tree.fixture.ts';

const MOST = 300;
const hashes = Array.from({ length: MOST }, (_, i) => createHash('sha256').update(String(i)).digest());
const leaves = (size: number): Buffer => leavesOf(Buffer.concat(hashes.slice(0, size)));
const rootFrom = (...given: Parameters<typeof treeRoot>): string | undefined => treeRoot(...given)?.toString('hex');
const hex = (nodes: readonly Buffer[]): string[] => nodes.map((node) => node.toString('hex'));

test('the model itself gives the roots that Certificate Transparency publishes', () => {
  const data = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const roots = [1, 2, 3, 8].map((size) => naiveRoot(data.slice(0, size).map((text) => Buffer.from(text, 'hex'))));
  expect(hex(roots)).toEqual([
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]);
});

test(`roots are those of the RFC at every size up to ${MOST}`, () => {
  for (let size = 1; size <= MOST; size++) expect(rootOf(leaves(size))).toEqual(naiveRoot(hashes.slice(0, size)));
});

test(`every leaf of every size up to ${MOST} leads to the root, and to no other place`, () => {
  for (let size = 1; size <= MOST; size++) {
    const levels = levelsOf(leaves(size));
    const root = (levels.at(-1) as Buffer).toString('hex');
    for (let index = 0; index < size; index++) {
      const path = hex(pathOf(levels, index));
      const hash = hashes[index] as Buffer;
      // Without expect: 45,000 of them take longer than the hashing.
      if (rootFrom(hash, index + 1, size, path) !== root) throw new Error(`leaf ${index} of ${size} is not proved`);
      const elsewhere = (index + 1) % size;
      if (size > 1 && index % 8 === 0 && rootFrom(hash, elsewhere + 1, size, path) === root)
        throw new Error(`leaf ${index} of ${size} is proved at ${elsewhere}`);
    }
  }
});

const place = fc
  .integer({ min: 1, max: MOST })
  .chain((size) => fc.record({ size: fc.constant(size), index: fc.integer({ min: 0, max: size - 1 }) }));

test('paths are those of the RFC', () => {
  fc.assert(
    fc.property(place, ({ size, index }) => {
      expect(pathOf(levelsOf(leaves(size)), index)).toEqual(naivePath(index, hashes.slice(0, size)));
    }),
  );
});

test('nothing but the very leaf, place, size and path leads to the root', () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('position'), by: fc.integer({ min: -MOST, max: MOST }).filter((by) => by !== 0) }),
    fc.record({ kind: fc.constant('node'), by: fc.nat() }),
    fc.record({ kind: fc.constantFrom('longer', 'shorter', 'reversed', 'another leaf'), by: fc.nat() }),
  );
  fc.assert(
    fc.property(place, change, ({ size, index }, { kind, by }) => {
      const level = leaves(size);
      const root = rootOf(level).toString('hex');
      const path = hex(pathOf(levelsOf(level), index));
      let hash = hashes[index] as Buffer;
      let position = index + 1;
      let given = path;
      if (kind === 'position') position += by;
      else if (kind === 'another leaf') hash = hashes[(index + 1 + (by % (MOST - 1))) % MOST] as Buffer;
      else if (kind === 'longer') given = [...path, root];
      else if (kind === 'shorter') given = path.slice(0, -1);
      else if (kind === 'reversed') given = path.toReversed();
      else if (path.length > 0) given = path.with(by % path.length, 'ab'.repeat(32));
      fc.pre(kind === 'position' || kind === 'another leaf' || given.join() !== path.join());
      expect(rootFrom(hash, position, size, given)).not.toBe(root);
    }),
  );
});

describe('a second preimage', () => {
  const level = leaves(8);
  const root = rootOf(level).toString('hex');
  const pair = (at: number): Buffer =>
    innerHash(level.subarray(at * 64, at * 64 + 32), level.subarray(at * 64 + 32, at * 64 + 64));

  test('an inner node is no leaf of a tree of half the size', () => {
    // With the same prefix for both, this would be the root.
    expect(rootFrom(pair(0), 1, 4, hex(pathOf(levelsOf(Buffer.concat([0, 1, 2, 3].map(pair))), 0)))).not.toBe(root);
    expect(rootOf(Buffer.concat([0, 1, 2, 3].map(pair))).toString('hex')).toBe(root);
  });

  test('a leaf is no inner node: a path that stops early or goes on below leads nowhere', () => {
    const path = hex(pathOf(levelsOf(level), 0));
    expect(rootFrom(pair(0), 1, 8, path.slice(1))).toBeUndefined();
    expect(rootFrom(hashes[0] as Buffer, 1, 16, [...path, '00'.repeat(32)])).not.toBe(root);
  });
});

test.each([
  [0, 8],
  [-1, 8],
  [9, 8],
  [1.5, 8],
  [Number.NaN, 8],
  [2 ** 53, 2 ** 53],
])('position %d of %d is no place', (position, size) => {
  expect(rootFrom(hashes[0] as Buffer, position, size, [])).toBeUndefined();
});

test('trees of more than 2^32 leaves are walked with whole numbers', () => {
  const size = 2 ** 40;
  const path = Array.from({ length: 40 }, (_, i) => (hashes[i] as Buffer).toString('hex'));
  const first = rootFrom(hashes[0] as Buffer, 1, size, path);
  const far = rootFrom(hashes[0] as Buffer, 2 ** 32 + 1, size, path);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(far).toMatch(/^[0-9a-f]{64}$/);
  expect(far).not.toBe(first);
});
