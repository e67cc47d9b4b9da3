import { withoutPersons } from './without-persons.ts';

it.each([
  ['/kim@example.com', '/…'],
  ['/lines/0/13800138000', '/lines/0/…'],
  ['There is no field "kim@example.com" here.', 'There is no field "…" here.'],
  ['There is no field "our kim@example.com" here.', 'There is no field "our …" here.'],
  [
    '/+49 170 1234567: There is no field "+49 170 1234567" here. /at: This field is missing.',
    '/…: There is no field "…" here. /at: This field is missing.',
  ],
  ['{"member":"kim@example.com"}', '{"member":"…"}'],
  ['/lines/0/quantity', '/lines/0/quantity'],
  ['Expected a decimal number such as "19.90".', 'Expected a decimal number such as "19.90".'],
  ['Two lines have the ordinal 4006381333931.', 'Two lines have the ordinal 4006381333931.'],
  ['', ''],
])('%j without persons is %j', (text, without) => {
  expect(withoutPersons(text)).toBe(without);
});
