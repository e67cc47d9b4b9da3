import { z } from 'zod';
import { opaqueId } from './scalars.ts';

/**
 * The purchase document as a retailer sends it: the same for HTTP, CSV, NDJSON and Kafka.
 * Decimals are text; a number is refused because JSON numbers are floats in most clients.
 * Negative quantities are return lines, handled before the others of the document.
 */
const quantity = z.string().regex(/^-?\d{1,9}(\.\d{1,3})?$/, 'a decimal string with at most 3 places');
const money = z.string().regex(/^-?\d{1,12}(\.\d{1,6})?$/, 'a decimal string');
const price = z.string().regex(/^\d{1,12}(\.\d{1,6})?$/, 'a decimal string, not negative');

export const lineKind = z.enum(['goods', 'delivery', 'giftCard', 'fee']);

export const purchaseLine = z.strictObject({
  line: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('Ordinal within the document, from 1; given by position when left out.'),
  item: z.string().min(1).max(200).describe('What it is; compared as written when it comes back.'),
  category: z.string().min(1).max(200).optional(),
  quantity: quantity.describe('A decimal as text, at most 3 places; negative for a return line, never 0.'),
  unitPrice: price.describe('For one, a decimal as text; with tax or without, as the program expects.'),
  discount: price.optional().describe('Off this line.'),
  tax: money.optional(),
  kind: lineKind.default('goods'),
  of: z
    .strictObject({
      source: opaqueId.optional().describe('The source of the purchase, if it is another.'),
      id: opaqueId.describe('The id of the purchase.'),
      line: z.int().min(1).optional().describe('The line there, if it is known.'),
    })
    .optional()
    .describe('Return lines only: the purchase this line undoes, and its line there if known.'),
});

export const purchaseDocument = z.strictObject({
  source: opaqueId.describe('Who sends: a till, a shop, a channel.'),
  id: opaqueId.describe(
    'Unique within its source. Sent again with the same content it gives the same answer, with another a conflict.',
  ),
  member: opaqueId
    .optional()
    .describe('Whose it is; opaque: no e-mail address, no phone number. Left out where nobody is known.'),
  program: opaqueId.optional().describe('The program that rates it; the default program of its source when left out.'),
  at: z.string().max(40).describe('When it happened, with its offset: `2026-01-25T10:00:00+08:00`.'),
  currency: z.string().max(10).describe('ISO 4217.'),
  store: z.string().min(1).max(200).optional(),
  channel: z.string().min(1).max(200).optional(),
  lines: z.array(purchaseLine).min(1).max(20_000),
  discount: price.optional().describe('Off the whole basket, spread over the goods lines.'),
  tenders: z
    .array(z.strictObject({ type: z.string().min(1).max(50).describe('How it was paid: `card`.'), amount: price }))
    .max(50)
    .default([]),
});

export type PurchaseDocumentInput = z.input<typeof purchaseDocument>;
export type PurchaseDocument = z.output<typeof purchaseDocument>;
export type LineKind = z.infer<typeof lineKind>;
