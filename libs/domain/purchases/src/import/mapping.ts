import { z } from 'zod';

const column = z.string().min(1);
const pattern = z.string().refine(isPattern, 'not a regular expression');

/** Which rows are meant: exactly one of the tests, on the text of one column. */
const condition = z
  .strictObject({
    column,
    equals: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
    startsWith: z.string().min(1).optional(),
    matches: pattern.optional(),
  })
  .refine(
    (given) => [given.equals, given.startsWith, given.matches].filter((test) => test !== undefined).length === 1,
    {
      message: 'give one of equals, startsWith, matches',
    },
  );

const documentFields = {
  source: column.optional(),
  member: column.optional(),
  program: column.optional(),
  currency: column.optional(),
  store: column.optional(),
  channel: column.optional(),
  discount: column.optional(),
};

/** How the rows of a retailer's CSV become purchase documents. One row is one line of a document. */
export const mappingSchema = z.strictObject({
  /** Column by field of the document. Rows of one document must agree on them, but for `at`: the earliest counts. */
  document: z.strictObject({ id: column, at: column, ...documentFields }),
  /** Column by field of the line. `of` is the id of the purchase that a return line names. */
  line: z.strictObject({
    item: column,
    quantity: column,
    unitPrice: column,
    category: column.optional(),
    discount: column.optional(),
    tax: column.optional(),
    kind: column.optional(),
    of: column.optional(),
  }),
  /** Fields that are the same in every row. */
  constants: z
    .strictObject({
      source: z.string(),
      program: z.string(),
      currency: z.string(),
      store: z.string(),
      channel: z.string(),
    })
    .partial()
    .default({}),
  /** Columns named above that a file need not have. */
  optional: z.array(column).default([]),
  /** Columns that are known and not used. Any other is an error. */
  ignore: z.array(column).default([]),
  delimiter: z.string().length(1).default(','),
  time: z
    .strictObject({
      /** IANA name: of times that state no offset. */
      zone: z.string().optional(),
      /** `dd/MM/yyyy HH:mm:ss`; ISO 8601 when left out. */
      layout: z.string().optional(),
    })
    .default({}),
  numbers: z
    .strictObject({ decimal: z.enum(['.', ',']).default('.'), group: z.string().length(1).optional() })
    .prefault({}),
  /** Cut from a column's text before it is used: `{ CustomerID: '\.0$' }`. */
  strip: z.record(column, pattern).default({}),
  /** A line's kind by a code in a column: in full or by how it begins. Goods where nothing fits. */
  kinds: z
    .strictObject({
      column,
      equals: z.record(z.string(), z.enum(['goods', 'delivery', 'giftCard', 'fee'])).default({}),
      startsWith: z.record(z.string(), z.enum(['goods', 'delivery', 'giftCard', 'fee'])).default({}),
    })
    .optional(),
  /** Rows that are return lines although their quantity does not say so. A negative quantity always does. */
  returns: condition.optional(),
  /** Rows that are no purchases. They reject their document. */
  reject: z
    .array(
      z.strictObject({
        when: condition,
        unless: condition.optional(),
        code: z.string().regex(/^[a-z][a-z0-9_]*$/),
        reason: z.string(),
      }),
    )
    .default([]),
  /** Rows that may lie between two rows of one document. A row after more is rejected with `document_split`. */
  window: z.int().min(1).max(100_000).default(1000),
});

export type Mapping = z.output<typeof mappingSchema>;
export type Condition = z.output<typeof condition>;

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
