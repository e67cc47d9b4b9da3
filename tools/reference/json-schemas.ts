import { purchaseDocument, purchaseDocumentExample } from '@loyalty/contracts';
import type { Pages } from '../generate.ts';
import { documentedEvents, schemaOf } from './contract-schemas.ts';

/** One JSON Schema for the data of every event, and one for the purchase document as it may be sent. */
export function jsonSchemas(): Pages {
  const page = (title: string, schema: object, example: unknown): string =>
    `${JSON.stringify({ title, ...schema, examples: [example] }, null, 2)}\n`;
  return new Map([
    ...documentedEvents.map(
      ({ type, schema, example }) => [`schemas/${type}.json`, page(type, schema, example)] as const,
    ),
    [
      'schemas/purchase-document.json',
      page('purchase document', schemaOf(purchaseDocument, 'input'), purchaseDocumentExample),
    ],
  ]);
}
