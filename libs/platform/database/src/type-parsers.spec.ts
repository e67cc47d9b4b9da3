import { parseTimestamptz } from './type-parsers.ts';

test.each([
  ['2026-01-25 02:00:00+00', Date.UTC(2026, 0, 25, 2) * 1000],
  ['2026-01-25 02:00:00.5+00', Date.UTC(2026, 0, 25, 2) * 1000 + 500_000],
  ['2026-01-25 02:00:00.000123+00', Date.UTC(2026, 0, 25, 2) * 1000 + 123],
  ['1969-12-31 23:59:59.999999+00', -1],
  ['infinity', Infinity],
  ['-infinity', -Infinity],
])('%s is %d', (text, micros) => {
  expect(parseTimestamptz(text)).toBe(micros);
});

test.each(['2026-01-25 10:00:00+08', '12026-01-25 02:00:00+00', '2026-01-25', ''])(
  '%j is refused: it is not what a UTC session writes',
  (text) => {
    expect(() => parseTimestamptz(text)).toThrow(RangeError);
  },
);
