import { decodeCursor, encodeCursor, pageOf } from './cursor.ts';
import { BadInputError } from './problem.ts';

const rows = (from: number, count: number) => Array.from({ length: count }, (_, i) => ({ position: from + i }));
const parts = { at: (row: { position: number }) => [row.position], item: (row: { position: number }) => row.position };

const mended = (cursor: string): string => Buffer.from(cursor, 'base64url').toString().replace(',1]', ',"1 OR"]');

describe('cursors', () => {
  it('come back as they went', () => {
    expect(decodeCursor('entries', encodeCursor('entries', ['会员', 12, null]), 3)).toEqual(['会员', 12, null]);
  });

  it.each([
    ['of another list', encodeCursor('lots', [1])],
    ['of another length', encodeCursor('entries', [1, 2])],
    ['with a float', encodeCursor('entries', [1.5])],
    ['that was changed on its way', Buffer.from(mended(encodeCursor('entries', [1]))).toString('base64url')],
    ['that is noise', 'no cursor'],
  ])('are refused: one %s', (_, cursor) => {
    expect(() => decodeCursor('entries', cursor, 1)).toThrow(BadInputError);
  });
});

describe('a page', () => {
  it('says where it ended when something follows', () => {
    const page = pageOf('entries', rows(1, 4), 3, parts);
    expect(page.items).toEqual([1, 2, 3]);
    expect(decodeCursor('entries', page.next as string, 1)).toEqual([3]);
  });

  it('is the last when nothing follows', () => {
    expect(pageOf('entries', rows(1, 3), 3, parts).next).toBeNull();
    expect(pageOf('entries', [], 3, parts)).toEqual({ items: [], next: null });
  });
});
