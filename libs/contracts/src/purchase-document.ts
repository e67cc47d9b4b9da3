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
  /** Ordinal within the document, from 1; given by position when left out. */
  line: z.int().min(1).max(100_000).optional(),
  item: z.string().min(1).max(200),
  category: z.string().min(1).max(200).optional(),
  quantity,
  unitPrice: price,
  discount: price.optional(),
  tax: money.optional(),
  kind: lineKind.default('goods'),
  /** Return lines only: the purchase this line undoes, and its line there if known. */
  of: z.strictObject({ source: opaqueId.optional(), id: opaqueId, line: z.int().min(1).optional() }).optional(),
});

export const purchaseDocument = z.strictObject({
  source: opaqueId,
  id: opaqueId,
  member: opaqueId.optional(),
  program: opaqueId.optional(),
  /** When it happened, with its offset: `2026-01-25T10:00:00+08:00`. */
  at: z.string().max(40),
  currency: z.string().max(10),
  store: z.string().min(1).max(200).optional(),
  channel: z.string().min(1).max(200).optional(),
  lines: z.array(purchaseLine).min(1).max(20_000),
  /** Off the whole basket, spread over the goods lines. */
  discount: price.optional(),
  tenders: z
    .array(z.strictObject({ type: z.string().min(1).max(50), amount: price }))
    .max(50)
    .default([]),
});

export type PurchaseDocumentInput = z.input<typeof purchaseDocument>;
export type PurchaseDocument = z.output<typeof purchaseDocument>;
export type LineKind = z.infer<typeof lineKind>;
