import fc from 'fast-check';
import { balancedPostings } from './balanced-postings.ts';

const look = (text: string): string | undefined => {
  const data = Buffer.from(text);
  const bytes = Buffer.concat([Buffer.from('"postings":['), data, Buffer.from('"postings":[')]);
  return balancedPostings.look(bytes, 12, 12 + data.length);
};
const lot = fc.oneof(fc.constantFrom('shop/1', 'shop/10', 'shop/"1"', 'магазин/1', 'a\\b'), fc.string());
const amount = fc.oneof(fc.integer({ min: -100, max: 100 }), fc.maxSafeInteger());
const posting = fc.record({ lot, bucket: fc.constantFrom('held', 'issued', 'x"y'), points: amount });

test('says of any event what adding up its postings says', () => {
  const event = fc.record({ program: fc.string(), postings: fc.array(posting, { minLength: 1 }), reason: fc.string() });
  fc.assert(
    fc.property(event, fc.boolean(), ({ postings, ...rest }, balance) => {
      const all = balance
        ? postings.flatMap((each) => [each, { ...each, bucket: 'held', points: -each.points }])
        : postings;
      const sums = new Map<string, bigint>();
      for (const each of all) sums.set(each.lot, (sums.get(each.lot) ?? 0n) + BigInt(each.points));
      const odd = [...sums].find(([, points]) => points !== 0n);
      const found = look(JSON.stringify({ ...rest, postings: all, at: 'then' }));
      if (!odd) expect(found).toBeUndefined();
      else expect(found).toBe(`moves ${odd[1]} points of lot ${odd[0]} out of nothing`);
    }),
  );
});

const zero = '{"lot":"a","bucket":"issued","points":-5},{"lot":"a","bucket":"held","points":5}';

test.each([
  ['no postings', '{"program":"club"}', undefined],
  ['an empty list', '{"postings":[]}', undefined],
  ['other spacing', '{"postings": [{"lot":"a", "points":5}]}', undefined],
  ['another order of fields', '{"postings":[{"points":5,"lot":"a","bucket":"held"}]}', /^moves 5 points of lot a/],
  [
    'a list inside another field first',
    `{"of":{"postings":[${zero}]},"postings":[{"lot":"b","bucket":"held","points":3}]}`,
    /of lot b/,
  ],
  [
    'points of more digits than a number holds',
    '{"postings":[{"lot":"a","bucket":"x","points":9007199254740991}]}',
    /^moves 9007199254740991/,
  ],
  [
    'two lots that even each other out',
    '{"postings":[{"lot":"a","bucket":"x","points":1},{"lot":"b","bucket":"x","points":-1}]}',
    /lot a/,
  ],
  [
    'a lot whose name begins another',
    '{"postings":[{"lot":"a","bucket":"x","points":1},{"lot":"ab","bucket":"x","points":-1}]}',
    /lot a /,
  ],
])('%s', (_, text, found) => {
  if (found === undefined) expect(look(text)).toBeUndefined();
  else expect(look(text)).toMatch(found);
});
