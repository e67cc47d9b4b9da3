import { canonicalJson } from '@loyalty/kernel';
import fc from 'fast-check';
import { contentText, type Document } from './document.ts';
import { parseDocument } from './parse-document.ts';

const line = { item: 'coffee', quantity: '1', unitPrice: '19.90' };
const sound = {
  source: 'till-1',
  id: '000123',
  member: 'm-17850',
  at: '2026-06-06T10:00:00+08:00',
  currency: 'CNY',
  lines: [line],
};

function accepted(input: unknown): Document {
  const parsed = parseDocument(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document;
}

function problems(input: unknown): string[] {
  const parsed = parseDocument(input);
  return parsed.ok ? [] : parsed.problems.map((each) => `${each.pointer} ${each.code}`);
}

describe('a purchase document', () => {
  it('is the same body however its decimals, keys, times and defaults are written', () => {
    const other = {
      tenders: [],
      lines: [{ kind: 'goods', unitPrice: '019.900', quantity: '1.000', item: 'coffee', line: 1, discount: '0.00' }],
      currency: 'CNY',
      at: '2026-06-06T02:00:00.000Z',
      member: 'm-17850',
      id: '000123',
      source: 'till-1',
    };
    expect(contentText(accepted(other))).toBe(contentText(accepted(sound)));
    expect(contentText(accepted({ ...sound, id: '123' }))).not.toBe(contentText(accepted(sound)));
  });

  it('numbers its lines by position and sorts them by the ordinals given', () => {
    expect(accepted({ ...sound, lines: [line, line] }).lines.map((each) => each.line)).toEqual([1, 2]);
    const swapped = accepted({
      ...sound,
      lines: [
        { ...line, item: 'tea', line: 2 },
        { ...line, line: 1 },
      ],
    });
    expect(swapped.lines.map((each) => each.item)).toEqual(['coffee', 'tea']);
  });

  it('takes the source of a named purchase from its own when none is given', () => {
    const [back] = accepted({ ...sound, lines: [{ ...line, quantity: '-1', of: { id: '000122' } }] }).lines;
    expect(back?.of).toEqual({ source: 'till-1', id: '000122', line: undefined });
  });

  it('has a normal form that is its canonical JSON', () => {
    const quantity = fc
      .integer({ min: -99_999, max: 99_999 })
      .filter((n) => n !== 0)
      .map((n) => (n / 1000).toFixed(3));
    const document = fc.record(
      {
        source: fc.constantFrom('a', 'ü'),
        id: fc.stringMatching(/^[\w]{1,9}$/),
        member: fc.stringMatching(/^m[a-z]{1,9}$/),
        at: fc
          .date({ min: new Date('2000-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
          .map((at) => at.toISOString()),
        currency: fc.constantFrom('GBP', 'CNY'),
        store: fc.constantFrom('s 1', '"'),
        lines: fc.array(
          fc.record({
            item: fc.string({ minLength: 1, maxLength: 5 }),
            quantity,
            unitPrice: fc.constantFrom('1', '2.50'),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        tenders: fc.array(fc.record({ type: fc.constant('card'), amount: fc.constant('1.10') }), { maxLength: 2 }),
      },
      { requiredKeys: ['source', 'id', 'at', 'currency', 'lines'] },
    );
    fc.assert(
      fc.property(document, (input) => {
        const parsed = parseDocument(input);
        fc.pre(parsed.ok);
        if (parsed.ok) expect(contentText(parsed.document)).toBe(`purchase/1 ${canonicalJson(parsed.document)}`);
      }),
    );
  });
});

describe('a document is sent back with the field at fault', () => {
  const withLine = (change: object): object => ({ ...sound, lines: [line, { ...line, ...change }] });

  it.each<[string, unknown, string[]]>([
    ['no object', 'text', [' wrong_type']],
    ['unknown fields', { ...sound, colour: 'red' }, ['/colour unknown_field']],
    ['an unknown field of a line', withLine({ 'a/b': 1 }), ['/lines/1/a~1b unknown_field']],
    ['missing fields', { ...sound, id: undefined, at: undefined }, ['/id required', '/at required']],
    ['a wrong type', { ...sound, member: 17850 }, ['/member wrong_type']],
    ['a JSON number as price', withLine({ unitPrice: 2.5 }), ['/lines/1/unitPrice number_not_text']],
    ['a negative price', withLine({ unitPrice: '-1.00' }), ['/lines/1/unitPrice negative_price']],
    ['a huge quantity', withLine({ quantity: '9999999999' }), ['/lines/1/quantity number_too_large']],
    ['a huge price', withLine({ unitPrice: '9'.repeat(40) }), ['/lines/1/unitPrice number_too_large']],
    [
      'a huge amount',
      withLine({ quantity: '999999999', unitPrice: '999999999999' }),
      ['/lines/1/unitPrice number_too_large', '/lines number_too_large'],
    ],
    ['a fourth place', withLine({ quantity: '0.3525' }), ['/lines/1/quantity too_many_places']],
    ['an exponent', withLine({ quantity: '1e3' }), ['/lines/1/quantity not_a_decimal']],
    ['a quantity of 0', withLine({ quantity: '-0.000' }), ['/lines/1/quantity zero_quantity']],
    ['an unknown currency', { ...sound, currency: 'ZZZ' }, ['/currency unknown_currency']],
    ['a currency in small letters', { ...sound, currency: 'gbp' }, ['/currency unknown_currency']],
    ['an impossible date', { ...sound, at: '2026-02-30T10:00:00Z' }, ['/at invalid_time']],
    ['a time without offset', { ...sound, at: '2026-02-03T10:00:00' }, ['/at invalid_time']],
    ['a time out of mind', { ...sound, at: '0026-02-03T10:00:00Z' }, ['/at at_out_of_range']],
    ['no lines', { ...sound, lines: [] }, ['/lines too_short']],
    ['an unknown kind', withLine({ kind: 'gift' }), ['/lines/1/kind unknown_value']],
    ['an ordinal twice', { ...sound, lines: [{ ...line, line: 2 }, line] }, ['/lines/1/line duplicate_line']],
    ['a discount above the line', withLine({ discount: '20' }), ['/lines/1/discount discount_exceeds_amount']],
    ['a discount above the goods', { ...sound, discount: '19.91' }, ['/discount discount_exceeds_amount']],
    ['a purchase named by a bought line', withLine({ of: { id: 'x' } }), ['/lines/1/of not_a_return_line']],
    ['a return of itself', withLine({ quantity: '-1', of: { id: '000123' } }), ['/lines/1/of return_of_itself']],
    ['a zero byte', withLine({ item: 'a\0b' }), ['/lines/1/item invalid_text']],
    ['half a surrogate pair', { ...sound, store: '\ud83d' }, ['/store invalid_text']],
    ['a line break in an id', { ...sound, id: 'a\nb' }, ['/id invalid_format']],
    ['a member id that is kept for documents', { ...sound, member: 'doc:x/y' }, ['/member member_id_reserved']],
  ])('%s', (_, input, expected) => {
    expect(problems(input)).toEqual(expected);
  });

  it.each([
    'anna@example.com',
    'a@b',
    '+44 7911 123456',
    '+8613812345678',
    '13812345678',
    '07911123456',
    '(020) 7946 0958',
    '555-123-4567',
    '01 23 45 67 89',
  ])('refuses %s as a member id: it is personal', (member) => {
    expect(problems({ ...sound, member })).toEqual(['/member member_id_personal']);
  });

  it.each([
    '17850',
    'm-1',
    '4006381333931',
    '1234-5678-9012-3456',
    '2026-000123',
    'C0FFEE',
    '0000012345',
    '8400000001',
  ])('takes %s as a member id', (member) => {
    expect(problems({ ...sound, member })).toEqual([]);
  });

  it('lists no more than 20 problems', () => {
    expect(problems({ ...sound, lines: Array.from({ length: 50 }, () => ({ ...line, quantity: '0' })) })).toHaveLength(
      20,
    );
  });
});
