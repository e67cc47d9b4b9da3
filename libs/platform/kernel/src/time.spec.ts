import fc from 'fast-check';
import { formatInstant, formatMicros, parseInstant } from './time.ts';

const instant = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });

it('writes and reads instants as Date does, to the millisecond', () => {
  fc.assert(
    fc.property(instant, (ms) => {
      expect(formatInstant(ms)).toBe(new Date(ms).toISOString());
      expect(parseInstant(formatInstant(ms))).toBe(ms);
    }),
    { numRuns: 2000 },
  );
});

it('reads any offset and any precision', () => {
  expect(parseInstant('2026-01-25T10:00:00+08:00')).toBe(Date.UTC(2026, 0, 25, 2));
  expect(parseInstant('2026-01-25T10:00Z')).toBe(Date.UTC(2026, 0, 25, 10));
  expect(parseInstant('2026-01-25T10:00:00.123456Z')).toBe(Date.UTC(2026, 0, 25, 10, 0, 0, 123));
});

it('refuses what states no offset, is impossible, or is something else', () => {
  const wrong = [
    '2026-01-25T10:00:00',
    '2026-02-30T10:00:00.000Z',
    '2026-02-30T10:00:00Z',
    '2026-13-01T10:00:00.000Z',
    '2026-01-25T25:00:00.000Z',
    '2026-01-25T10:60:00.000Z',
    '2026-01-25T10:00:61.000Z',
    '2026-01-25T10:00:00.00xZ',
    '2026-01-25T1/:00:00.000Z',
    '2026-01-25 10:00:00.000Z',
    'x026-01-25T10:00:00.000Z',
    '',
  ];
  for (const text of wrong) expect([text, parseInstant(text)]).toEqual([text, undefined]);
});

it('is like any other reader about digits that are none', () => {
  fc.assert(
    fc.property(instant, fc.nat(23), fc.string({ minLength: 1, maxLength: 1 }), (ms, at, odd) => {
      const text = new Date(ms).toISOString();
      const broken = text.slice(0, at) + odd + text.slice(at + 1);
      const read = parseInstant(broken);
      if (read !== undefined) expect(new Date(read).getTime()).toBe(Date.parse(broken));
    }),
    { numRuns: 2000 },
  );
});

it('writes microseconds', () => {
  expect(formatMicros(Date.UTC(2026, 0, 25, 2) * 1000 + 123)).toBe('2026-01-25T02:00:00.000123Z');
});
