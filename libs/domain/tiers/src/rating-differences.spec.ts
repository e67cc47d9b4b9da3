import { ratingDifferences } from './rating-differences.ts';

it('finds nothing between equal values, whatever the order of their fields', () => {
  expect(ratingDifferences({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toEqual([]);
});

it('names every place that differs, and what each side says there', () => {
  const standing = { 'a/b': { points: 3, tier: 'gold', cells: [{ points: 1 }, { points: 2 }] } };
  const recomputed = { 'a/b': { points: 4, version: 'v2', cells: [{ points: 1 }] } };
  expect(ratingDifferences(standing, recomputed)).toEqual([
    { pointer: '/a~1b/points', standing: 3, recomputed: 4 },
    { pointer: '/a~1b/tier', standing: 'gold' },
    { pointer: '/a~1b/cells/1', standing: { points: 2 } },
    { pointer: '/a~1b/version', recomputed: 'v2' },
  ]);
});

it('tells null, nothing and an empty list apart', () => {
  expect(ratingDifferences({ a: null, b: [], c: {} }, { b: {}, c: [] })).toEqual([
    { pointer: '/a', standing: null },
    { pointer: '/b', standing: [], recomputed: {} },
    { pointer: '/c', standing: {}, recomputed: [] },
  ]);
});
