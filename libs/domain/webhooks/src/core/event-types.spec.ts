import { allTypes, matches, unknownPatterns, wantedTypes } from './event-types.ts';

it('a pattern names one type, a family of types, or every type of every service', () => {
  expect(matches('points.earned.v1', 'points.earned.v1')).toBe(true);
  expect(matches('points.earned.v1', 'points.earned.v10')).toBe(false);
  expect(matches('points.*', 'points.earned.v1')).toBe(true);
  expect(matches('points.*', 'pointsmith.earned.v1')).toBe(false);
  expect(allTypes.every((type) => matches('*', type))).toBe(true);
});

it('what a service learned of another is not sent: the receiver would be told twice', () => {
  expect(allTypes.filter((type) => type.includes('learned'))).toEqual([]);
  expect(wantedTypes(['*'], 'points')).not.toContain('tier.learned.v1');
});

it('only the types of the service are wanted of its log', () => {
  expect(wantedTypes(['tier.*', 'points.earned.v1'], 'points')).toEqual(['points.earned.v1']);
  expect(wantedTypes(['tier.*', 'points.earned.v1'], 'tiers')).toEqual(['tier.changed.v1', 'tier.opened.v1']);
  expect(wantedTypes(['points.earned.v1'], 'feedback')).toEqual([]);
});

it('patterns that name nothing are told', () => {
  expect(unknownPatterns(['*', 'points.earned', 'poinst.*', 'case.*', ''])).toEqual(['points.earned', 'poinst.*', '']);
});
