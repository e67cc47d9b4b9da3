import { durationOption } from './duration-option.ts';

it.each([
  ['0s', 0],
  ['90s', 90_000],
  ['2m', 120_000],
  ['12h', 43_200_000],
])('%s is %d ms', (text, ms) => {
  expect(durationOption('patience', text)).toBe(ms);
});

it.each(['soon', '2', '-1s', '1.5m', '2M', '169h', '', true, undefined])('%s is no time', (text) => {
  expect(() => durationOption('patience', text)).toThrow(/^--patience .* is no time such as 90s, 2m or 12h/);
});
