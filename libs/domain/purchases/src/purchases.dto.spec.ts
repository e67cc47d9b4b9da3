import 'reflect-metadata';
import { purchaseDocument } from '@loyalty/contracts';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validate } from 'class-validator';
import fc from 'fast-check';
import { z } from 'zod';
import { PurchaseBody } from './purchases.dto.ts';

/** Values at the edges of what the schema takes, right and wrong ones alike. */
const text = (max: number): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('a', 'a b', 'ü', 'x'.repeat(max)) },
    fc.constantFrom('', ' a', 'a ', ' ', 'x'.repeat(max + 1), 1, null, true, {}, ['a']),
  );
const decimal = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('1', '0', '0.5', '19.90', '0.352', '123456789') },
  fc.constantFrom(
    '-1',
    '1.2345',
    '1.1234567',
    '1234567890',
    '1234567890123',
    '1e3',
    '.5',
    '5.',
    '',
    ' 1',
    '+1',
    1,
    1.5,
    null,
    [],
  ),
);
const ordinal = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(1, 2, 100_000) },
  fc.constantFrom(0, -1, 1.5, 100_001, '1', null),
);
const record = (fields: Record<string, fc.Arbitrary<unknown>>, required: string[]): fc.Arbitrary<object> =>
  fc
    .tuple(
      fc.record(fields, { requiredKeys: required as never[] }),
      fc.oneof(
        { weight: 9, arbitrary: fc.constant({}) },
        fc.constantFrom<object>({ colour: 'red' }, ...required.map((name) => ({ [name]: undefined }))),
      ),
    )
    .map(([sound, change]) => ({ ...sound, ...change }));
const few = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.array(item, { minLength: 1, maxLength: 3 }) },
    fc.constantFrom([], {}, null, 'x', [null], ['x'], [[]]),
  );

const named = record({ source: text(200), id: text(200), line: ordinal.filter((n) => n !== 100_001) }, ['id']);
const line = record(
  {
    line: ordinal,
    item: text(200),
    category: text(200),
    quantity: decimal,
    unitPrice: decimal,
    discount: decimal,
    tax: decimal,
    kind: fc.constantFrom('goods', 'delivery', 'giftCard', 'fee', 'gift', null, 1),
    of: fc.oneof({ weight: 9, arbitrary: named }, fc.constantFrom(null, 'x', [])),
  },
  ['item', 'quantity', 'unitPrice'],
);
const document = record(
  {
    source: text(200),
    id: text(200),
    member: text(200),
    program: text(200),
    at: text(40),
    currency: text(10),
    store: text(200),
    channel: text(200),
    lines: few(line),
    discount: decimal,
    tenders: few(record({ type: text(50), amount: decimal }, ['type', 'amount'])),
  },
  ['source', 'id', 'at', 'currency', 'lines'],
);

/** A sound document with one thing changed: where most disagreements would hide. */
const sound = {
  source: 's',
  id: '1',
  member: 'm',
  at: 'now',
  currency: 'GBP',
  lines: [{ item: 'a', quantity: '1', unitPrice: '1', of: { id: 'x' } }],
  tenders: [{ type: 'card', amount: '1' }],
};
const nearly = fc.oneof(
  document.map((change) => {
    const [name, value] = Object.entries(change)[0] ?? ['id', '1'];
    return { ...sound, [name]: value as unknown };
  }),
  line.map((each) => ({ ...sound, lines: [each] })),
  named.map((of) => ({ ...sound, lines: [{ ...sound.lines[0], of }] })),
  fc
    .tuple(fc.constantFrom('quantity', 'unitPrice', 'discount', 'tax', 'kind', 'line', 'item', 'category'), line)
    .map(([field, other]) => ({
      ...sound,
      lines: [{ ...sound.lines[0], [field]: (other as Record<string, unknown>)[field] }],
    })),
);

const rules = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true };

it('takes over HTTP what the schema takes, and nothing else', async () => {
  const verdicts = { sound: 0, wrong: 0 };
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 3, arbitrary: nearly }, document), async (input) => {
      const schema = purchaseDocument.safeParse(input).success;
      const errors = await validate(plainToInstance(PurchaseBody, input), rules);
      verdicts[schema ? 'sound' : 'wrong']++;
      expect({ input, sound: errors.length === 0 }).toEqual({ input, sound: schema });
    }),
    { numRuns: 1500 },
  );
  // Neither side may be vacuous.
  expect(Math.min(verdicts.sound, verdicts.wrong)).toBeGreaterThan(100);
});

it('takes as many lines and tenders as the schema', () => {
  const { properties } = z.toJSONSchema(purchaseDocument, { io: 'input' });
  const most = (field: string): unknown =>
    getMetadataStorage()
      .getTargetValidationMetadatas(PurchaseBody, '', false, false)
      .find((rule) => rule.propertyName === field && rule.name === 'arrayMaxSize')?.constraints?.[0];
  for (const field of ['lines', 'tenders'])
    expect(most(field)).toBe((properties?.[field] as { maxItems: number }).maxItems);
});
