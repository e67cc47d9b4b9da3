import { standardText } from '../tiers.fixture.ts';
import { readProgram } from './read-program.ts';

/** The standard program with these lines at its end; mistakes count lines from the first of them. */
function mistakes(...lines: string[]): string[] {
  const text = `${standardText.trimEnd()}\n${lines.join('\n')}\n`;
  const first = standardText.trimEnd().split('\n').length + 1;
  const read = readProgram(text);
  return read.ok ? [] : read.mistakes.map(({ line, path, reason }) => `+${line - first} ${path}: ${reason}`);
}

it('reads what a program says of spending', () => {
  expect(
    mistakes(
      'redemption: { minimum: 100, maxShareOfPurchase: 0.5, reservationTtl: PT30M, undoExpired: P30D }',
      'adjustments: { approvalAbove: 1000, approvalWithin: P7D }',
      'rewards:',
      '  - { id: tea-set, name: { en: Tea set, zh-CN: 茶具 }, points: 5000, stock: 200, perMember: { count: 1, per: year }, tiers: [gold, platinum] }',
      '  - { id: voucher-20, name: { en: 20 off }, points: 2000, codes: pool, from: 2026-06-01, until: 2026-06-30, undone: gone }',
    ),
  ).toEqual([]);
});

it.each<[string, string, string]>([
  ['points: 0', '+3 rewards.0.points: must be at least 1 point', 'a reward for nothing'],
  ['points: 10.5', '+3 rewards.0.points: must be whole points', 'a fraction of points'],
  ['points: 5, stock: -1', '+3 rewards.0.stock: must not be negative', 'a negative stock'],
  ['points: 5, codes: list', '+3 rewards.0.codes: must be pool', 'another kind of codes'],
  ['points: 5, tiers: [diamond]', '+3 rewards.0.tiers.0: there is no tier diamond', 'a tier that does not exist'],
  [
    'points: 5, tiers: []',
    '+3 rewards.0.tiers: must name a tier; leave it out where every member may have it',
    'no tier',
  ],
  ['points: 5, colour: red', '+3 rewards.0.colour: unknown key colour', 'an unknown key'],
  ['points: 5, from: June', '+3 rewards.0.from: must be a day such as 2026-06-01', 'no day'],
  [
    'points: 5, from: 2026-06-02, until: 2026-06-01',
    '+3 rewards.0.until: must not lie before 2026-06-02',
    'a window turned round',
  ],
])('tells the line of a reward with %s', (fields, expected) => {
  expect(
    mistakes(
      'rewards:',
      '  - id: mug',
      '    name: { en: Mug }',
      `    ${fields.replaceAll(/, (?=\w+: )/g, '\n    ')}`,
    )[0],
  ).toContain(expected.replace(/^\+3 /, ''));
  expect(mistakes('rewards:', '  -', '', `    { id: mug, name: { en: Mug }, ${fields} }`)[0]).toContain(expected);
});

it('tells a reward that stands there twice, and shares and periods that make no sense', () => {
  const mug = '  - { id: mug, name: { en: Mug }, points: 5 }';
  expect(mistakes('rewards:', mug, mug)).toEqual(['+2 rewards.1.id: mug is used twice']);
  expect(
    mistakes(
      'redemption: { minimum: 0, maxShareOfPurchase: 1.5, reservationTtl: P0D }',
      'adjustments: { approvalAbove: -1, approvalWithin: soon }',
    ),
  ).toEqual([
    '+0 redemption.minimum: must be at least 1 point',
    '+0 redemption.maxShareOfPurchase: must be above 0 and at most 1',
    '+0 redemption.reservationTtl: must be longer than nothing',
    '+1 adjustments.approvalAbove: must not be negative',
    expect.stringContaining('+1 adjustments.approvalWithin: soon is no ISO 8601 period'),
  ]);
});
