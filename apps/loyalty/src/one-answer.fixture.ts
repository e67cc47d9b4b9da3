import { readDocuments, readPreset, type Document } from '@loyalty/purchases';
import type { PurchaseDocumentInput } from '@loyalty/contracts';
import { createRandom } from './demo/random.ts';
import { retailer } from './demo/retailer.ts';

/** Facts of a small retailer, returns and late events among them, in the order of their own time. */
export function smallRetailer(seed: number): PurchaseDocumentInput[] {
  const until = Date.UTC(2026, 5, 1);
  const documents: PurchaseDocumentInput[] = [];
  for (const day of retailer({ seed, members: 120, months: 6, until })) {
    for (const each of day) if (each.kind === 'document') documents.push(each.document);
  }
  return documents.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** The documents of the real file, in the order of their own time. */
export async function realDocuments(file: string): Promise<PurchaseDocumentInput[]> {
  const documents: Document[] = [];
  const mapping = await readPreset('online-retail');
  for await (const list of readDocuments(file, { mapping, onRejection: () => undefined })) {
    for (const { document } of list) documents.push(document);
  }
  return documents
    .sort((a, b) => a.at - b.at)
    .map((document) => JSON.parse(JSON.stringify({ ...document, at: new Date(document.at).toISOString() })));
}

export function shuffled<T>(values: readonly T[], seed: number): T[] {
  const random = createRandom(seed);
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
