import { readFileSync } from 'node:fs';
import { standardText } from '../tiers.fixture.ts';
import { readProgram } from './read-program.ts';

const shipped = (name: string): string =>
  readFileSync(new URL(`../../../../../programs/${name}.yaml`, import.meta.url), 'utf8');

/** Mistakes of the standard program with something replaced, as `line path: reason`. */
function mistakes(from: string | RegExp, to: string): string[] {
  const text = standardText.replace(from, to);
  expect(text).not.toBe(standardText);
  const read = readProgram(text);
  return read.ok ? [] : read.mistakes.map(({ line, path, reason }) => `${line} ${path}: ${reason}`);
}

it.each(['standard', 'online-retail'])('reads the shipped program %s', (name) => {
  const read = readProgram(shipped(name));
  expect(read).toMatchObject({ ok: true, version: { program: name, effectiveFrom: expect.any(Number) } });
  if (read.ok)
    expect(read.version.tiers.ladder.map(({ id, name: names }) => [id, Object.keys(names)])).toEqual(
      ['bronze', 'silver', 'gold', 'platinum'].map((id) => [id, ['en', 'zh-CN']]),
    );
});

it('names a version by the SHA-256 of its text', () => {
  const read = readProgram(standardText);
  expect(read.ok && read.version.version).toMatch(/^[0-9a-f]{64}$/);
});

it.each<[string, string | RegExp, string, string[]]>([
  ['an unknown key', 'currency: CNY', 'currency: CNY\ncolour: red', ['7 colour: unknown key colour']],
  ['a missing key', /timeZone: .*\n/, '', ['1 timeZone: timeZone is missing']],
  ['no currency', 'CNY', 'CNX', ['6 currency: must be an ISO 4217 code such as CNY']],
  [
    'no time zone',
    'Asia/Shanghai',
    'Asia/Nowhere',
    ['5 timeZone: Asia/Nowhere is no time zone of the IANA database, such as Asia/Shanghai'],
  ],
  ['no period', 'P14D', '14 days', ['12 points.pending: 14 days is no ISO 8601 period such as P12M, P30D, P0D']],
  [
    'an instant without offset',
    '2000-01-01T00:00:00+08:00',
    '2000-01-01',
    ['4 effectiveFrom: 2000-01-01 is no date-time with its offset, such as 2026-01-01T00:00:00+08:00'],
  ],
  [
    'a ladder that does not rise',
    'from: 10000',
    'from: 1000',
    ['26 tiers.ladder.2.from: must be above 2000, the line of the tier before it'],
  ],
  [
    'a ladder that does not begin at 0',
    'from: 0',
    'from: 1',
    ['24 tiers.ladder.0.from: the lowest tier must be from 0'],
  ],
  [
    'a tier used twice',
    'id: gold',
    'id: silver',
    ['26 tiers.ladder.2.id: silver is used twice', '38 earning.1.award.by.gold: there is no tier gold'],
  ],
  [
    'a rule that multiplies nothing',
    'multiply: base',
    'multiply: basis',
    ['38 earning.1.award.multiply: there is no rule basis'],
  ],
  ['an award of nothing', 'points: 1,', 'points: 0,', ['36 earning.0.award.points: must be above 0']],
  [
    'pending that lasts as long as expiry',
    'P14D',
    'P13M',
    [expect.stringMatching(/^12 points\.pending: points bought .* would expire before they become active/)],
  ],
  ['a mistake in YAML', 'tiers:', 'tiers: [', [expect.stringMatching(/^\d+ : /)]],
])('tells line and reason of %s', (_, from, to, expected) => {
  expect(mistakes(from, to)).toEqual(expect.arrayContaining(expected));
});

it('accepts pending that is shorter in every month, and only then', () => {
  expect(mistakes('expiry: { after: P12M, alignTo: endOfMonth }', 'expiry: { after: P1M }')).toEqual([]);
  const changed = standardText
    .replace('P14D', 'P30D')
    .replace('expiry: { after: P12M, alignTo: endOfMonth }', 'expiry: { after: P1M }');
  expect(readProgram(changed)).toMatchObject({ ok: false, mistakes: [{ line: 12 }] });
});

it.each<[string, string | RegExp, string]>([
  ['rates', 'currency: CNY', 'currency: CNY\nrates: { GBP: "9.00" }'],
  ['referral', 'currency: CNY', 'currency: CNY\nreferral: {}'],
  ['tiers.window.calendar', 'rolling: P12M', 'calendar: year'],
  ['tiers.keepFor.until', 'keepFor: P12M', 'keepFor: { until: endOfNextYear }'],
  ['tiers.qualifyBy: credits', 'qualifyBy: spend', 'qualifyBy: credits'],
  ['returns.unmatched: baseRate', 'unmatched: ignore', 'unmatched: baseRate'],
  ['earning.when', "per: '1.00' }", "per: '1.00' }\n    when: { firstPurchase: true }"],
  ['earning.cap', "per: '1.00' }", "per: '1.00' }\n    cap: { perMember: 500, per: month }"],
  ['earning.award of fixed points', "{ points: 1, per: '1.00' }", '{ points: 50 }'],
])('refuses %s by name, as not supported yet', (name, from, to) => {
  expect(mistakes(from, to)).toEqual(expect.arrayContaining([expect.stringContaining(`: not supported yet: ${name}`)]));
});

it.each(['', '[]', '- a', '42', '{', 'a: &a [*a]', '!!js/function x', 'x'.repeat(300_000)])(
  'survives %.20j',
  (text) => {
    const read = readProgram(text);
    expect(read.ok ? [] : read.mistakes.map(({ line }) => line)).toContain(1);
  },
);
