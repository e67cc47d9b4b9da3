import { decodeCursor, encodeCursor, pageOf } from './cursor.ts';
import { BadInputError } from './problem.ts';

const rows = (from: number, count: number) => Array.from({ length: count }, (_, i) => ({ position: from + i }));
const parts = { at: (row: { position: number }) => [row.position], item: (row: { position: number }) => row.position };

const mended = (cursor: string): string => Buffer.from(cursor, 'base64url').toString().replace(',1]', ',"1 OR"]');

describe('cursors', () => {
  it('come back as they went', () => {
    const parts = ['会员', 12, '2026-06-01 10:00:00.000123+00', '2026-06-01', '-12.50'];
    const kinds = ['text', 'position', 'instant', 'day', 'decimal'] as const;
    expect(decodeCursor('entries', encodeCursor('entries', parts), kinds)).toEqual(parts);
  });

  it.each([
    ['of another list', encodeCursor('lots', [1])],
    ['of another length', encodeCursor('entries', [1, 2])],
    ['with a float', encodeCursor('entries', [1.5])],
    ['that was changed on its way', Buffer.from(mended(encodeCursor('entries', [1]))).toString('base64url')],
    ['that is noise', 'no cursor'],
    ['of nothing', ''],
  ])('are refused: one %s', (_, cursor) => {
    expect(() => decodeCursor('entries', cursor, ['position'])).toThrow(BadInputError);
  });

  it.each([
    ['text', 7],
    ['text', 'a\0b'],
    ['text', '\ud800'],
    ['position', '7'],
    ['position', 2 ** 53],
    ['instant', 'yesterday'],
    ['instant', '2026-02-30 10:00:00+00'],
    ['instant', '2026-02-03 25:00:00+00'],
    ['instant', '0000-02-03 10:00:00+00'],
    ['day', '2026-13-01'],
    ['day', '2026-02-29'],
    ['decimal', '1e5'],
    ['decimal', 'NaN'],
    ['decimal', 5],
  ] as const)('are refused where forged: no %s is %j', (kind, part) => {
    expect(() => decodeCursor('list', encodeCursor('list', [part]), [kind])).toThrow(
      expect.objectContaining({ code: 'invalid_cursor' }) as Error,
    );
  });
});

describe('a page', () => {
  it('says where it ended when something follows', () => {
    const page = pageOf('entries', rows(1, 4), 3, parts);
    expect(page.items).toEqual([1, 2, 3]);
    expect(decodeCursor('entries', page.next as string, ['position'])).toEqual([3]);
  });

  it('is the last when nothing follows', () => {
    expect(pageOf('entries', rows(1, 3), 3, parts).next).toBeNull();
    expect(pageOf('entries', [], 3, parts)).toEqual({ items: [], next: null });
  });
});
