import { z } from 'zod';
import { lineKind } from './purchase-document.ts';
import { decimal, documentRef, instant, opaqueId } from './scalars.ts';

/** A bought line. `amount` = quantity x unitPrice - discount, before its share of the basket discount. */
export const boughtLine = z.object({
  line: z.int(),
  item: z.string(),
  category: z.string().optional(),
  quantity: decimal,
  unitPrice: decimal,
  discount: decimal.optional(),
  tax: decimal.optional(),
  kind: lineKind,
  amount: decimal,
});

const document = {
  source: opaqueId,
  id: opaqueId,
  member: opaqueId.optional(),
  program: opaqueId.optional(),
  at: instant,
  currency: z.string(),
  store: z.string().optional(),
  channel: z.string().optional(),
};

export const purchaseRecorded = z.object({
  ...document,
  lines: z.array(boughtLine),
  discount: decimal.optional(),
  tenders: z.array(z.object({ type: z.string(), amount: decimal })),
  /** What was charged: all lines less all discounts. */
  total: decimal,
});

/** Which bought line, and how much of it, a return line undoes. */
export const lineMatch = documentRef.extend({ line: z.int(), quantity: decimal });

export const returnedLine = z.object({
  line: z.int(),
  item: z.string(),
  category: z.string().optional(),
  /** Positive: how much came back. */
  quantity: decimal,
  unitPrice: decimal,
  discount: decimal.optional(),
  /** Positive, as quantity and amount are. */
  tax: decimal.optional(),
  kind: lineKind,
  /** Positive: quantity x unitPrice - discount. */
  amount: decimal,
  of: z.object({ source: opaqueId, id: opaqueId, line: z.int().optional() }).optional(),
  matches: z.array(lineMatch),
  /** What matches nothing moves neither points nor tier. */
  unmatched: decimal,
});

export const purchaseReturned = z.object({
  ...document,
  lines: z.array(returnedLine),
  /** How it was given back, where the document sold nothing that its tenders could belong to. */
  tenders: z.array(z.object({ type: z.string(), amount: decimal })).optional(),
  /** Positive: what was given back. */
  total: decimal,
  /** The document also sold something: its return part then stands directly before its purchase in the order of facts. */
  mixed: z.boolean().optional(),
});

/** A late fact changed what the lines of a return undo. Carries the whole new matching of that return; `at` is its own time. */
export const purchaseAmended = z.object({
  return: documentRef,
  at: instant,
  lines: z.array(z.object({ line: z.int(), matches: z.array(lineMatch), unmatched: decimal })),
  cause: z.object({ kind: z.enum(['purchase', 'return', 'void']), source: opaqueId, id: opaqueId }),
});

/** The document (purchase, return or both) never happened. `at` is the document's own time. */
export const purchaseVoided = z.object({ source: opaqueId, id: opaqueId, at: instant, reason: z.string().optional() });

export type BoughtLine = z.infer<typeof boughtLine>;
export type ReturnedLine = z.infer<typeof returnedLine>;
export type LineMatch = z.infer<typeof lineMatch>;
export type PurchaseRecorded = z.infer<typeof purchaseRecorded>;
export type PurchaseReturned = z.infer<typeof purchaseReturned>;
export type PurchaseAmended = z.infer<typeof purchaseAmended>;
export type PurchaseVoided = z.infer<typeof purchaseVoided>;

export const purchasesEvents = {
  'purchase.recorded.v1': { schema: purchaseRecorded },
  'purchase.returned.v1': { schema: purchaseReturned },
  'purchase.amended.v1': { schema: purchaseAmended },
  'purchase.voided.v1': { schema: purchaseVoided },
} as const;
