import { Readable } from 'node:stream';
import { contentText, type Document } from '../core/document.ts';
import type { DocumentOutcome } from '../record-documents.ts';

/** A file in memory. */
export const bytes = (text: string | Buffer): Readable => Readable.from([Buffer.from(text)], { objectMode: true });

/** A ledger that knows keys only. */
export function ledger() {
  const known = new Map<string, string>();
  const record = (documents: readonly Document[]): Promise<DocumentOutcome[]> =>
    Promise.resolve(
      documents.map((document): DocumentOutcome => {
        const before = known.get(document.id);
        if (before !== undefined && before !== contentText(document)) return { kind: 'conflict' };
        known.set(document.id, contentText(document));
        const answer = { source: document.source, id: document.id, status: 'recorded' as const };
        return { kind: 'accepted', answer, position: null, replayed: before !== undefined };
      }),
    );
  const documents = (): Document[] =>
    [...known.values()].map((text) => JSON.parse(text.slice('purchase/1 '.length)) as Document);
  return { record, documents };
}
