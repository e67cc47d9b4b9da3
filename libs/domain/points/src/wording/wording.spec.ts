import { eventExamples } from '@loyalty/contracts';
import { entryOf } from '../entry.ts';
import { languageOf } from './language-of.ts';
import { LANGUAGES, notationOf, wordingOf } from './wording.ts';

const entries = Object.entries(eventExamples.points)
  .filter(([type]) => /^(points|adjustment|account)\./.test(type))
  .map(([type, data]) => {
    const time = '2026-06-06 02:15:00+00';
    const id = '019a0000-0000-7000-8000-000000000000';
    return entryOf({ shard: 0, position: 1, id, type, time, recorded: time, data: JSON.stringify(data) });
  });

const NAMES = {
  en: [
    'Expired: purchase store-7/000123',
    'Expired: adjustment case-17',
    'Expired: opening o-1',
    'Expired: transfer t/9',
    'Expired: undo u-1',
  ],
  'zh-CN': [
    '过期：购买 store-7/000123',
    '过期：调整 case-17',
    '过期：期初 o-1',
    '过期：转赠 t/9',
    '过期：撤销兑换 u-1',
  ],
};

describe.each(LANGUAGES)('in %s', (language) => {
  const words = wordingOf(language);
  const to = notationOf(language, 'Asia/Shanghai');

  it.each(entries.map((entry) => [entry.type, entry] as const))('%s has words of its own', (type, entry) => {
    expect(words.title(entry)).not.toBe(type);
    for (const text of [words.title(entry), words.happened(entry, to)]) {
      expect(text).not.toMatch(/undefined|null|NaN|Invalid/);
      expect(text).not.toMatch(new RegExp(`^${type}[:：]`));
    }
    if (entry.program !== undefined) expect(words.happened(entry, to)).toContain(to.points(Math.abs(entry.points)));
    else expect(words.happened(entry, to)).toContain(entry.reason);
  });

  it('an entry that nobody has words for is named as it is', () => {
    expect(words.title({ ...entries[0]!, type: 'mended' })).toBe('mended');
    expect(words.happened({ ...entries[0]!, type: 'mended' }, to)).toContain('mended');
  });

  it('points that a late activity kept are told apart from those that expired', () => {
    const expired = { ...entries[0]!, type: 'expired', lot: 'store-7/000123' };
    const [gone, kept] = [30, -30].map((points) => words.happened({ ...expired, points }, to));
    expect(kept).not.toBe(gone);
    expect(kept).toContain(to.points(30));
    expect(words.idling(Date.parse('2026-06-06T02:15:00Z'), 'P12M', to)).toContain('P12M');
  });

  it('a return that takes later what it could not at first says how much that is', () => {
    const reversed = entries.find(({ type }) => type === 'reversed')!;
    const said = words.happened({ ...reversed, points: 0 }, to);
    expect(said).toContain(to.points(reversed.points));
    expect(said).not.toBe(words.happened(reversed, to));
  });

  it('a lot is named by what opened it', () => {
    const titles = ['store-7/000123', '/adjustment/case-17', '/opening/o-1', '/transfer/t/9/2', '/undo/u-1/1'].map(
      (lot) => words.title({ ...entries[0]!, type: 'expired', lot }),
    );
    expect(titles).toEqual(NAMES[language]);
  });
});

it.each([
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
  ['zh', 'zh-CN'],
  ['zh-Hans-CN', 'zh-CN'],
  ['de-DE,de;q=0.9', 'en'],
  ['en-GB', 'en'],
  ['fr, zh;q=0.1', 'zh-CN'],
  ['*', 'en'],
])('for %s the language is %s', async (header, language) => {
  const { default: express } = await import('express');
  const request = Object.assign(Object.create(express.request) as import('express').Request, {
    headers: { 'accept-language': header },
  });
  expect(languageOf(request, undefined)).toBe(language);
  expect(languageOf(request, 'en')).toBe('en');
});
