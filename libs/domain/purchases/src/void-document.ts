import { hash } from 'node:crypto';
import type { Outcome } from '@loyalty/event-store';
import { canonicalJson } from '@loyalty/kernel';
import type { PurchasesAnswer } from './core/decision.ts';
import { documentKey, ownSubject } from './core/document.ts';
import { findOwners } from './owners.ts';
import type { Door, Trace } from './record-documents.ts';

/** Voids a document. Its key is the document's: voiding twice for the same reason gives the same answer. */
export async function voidDocument(
  { pool, writer }: Door,
  { source, id, reason }: { readonly source: string; readonly id: string; readonly reason: string | undefined },
  trace: Trace = {},
): Promise<Outcome<PurchasesAnswer>> {
  const owners = await findOwners(pool, [{ source, id }]);
  return writer.execute({
    subject: owners.get(documentKey(source, id)) ?? ownSubject(source, id),
    input: { kind: 'void', source, id, reason },
    key: {
      namespace: `void:${source}`,
      key: id,
      hash: hash('sha256', `void/1 ${canonicalJson({ source, id, reason })}`),
    },
    ...trace,
  });
}
