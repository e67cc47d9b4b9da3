import { documentKey, NOBODY, ownSubject, type Document } from './document.ts';
import type { DocumentInput, NamedOwner } from './input.ts';

/** The purchases that the return lines of a document name, each once. */
export function namedPurchases(document: Document): { source: string; id: string }[] {
  const named = new Map<string, { source: string; id: string }>();
  for (const { of } of document.lines)
    if (of) named.set(documentKey(of.source, of.id), { source: of.source, id: of.id });
  return [...named.values()];
}

/**
 * Whose facts a document joins: its member's; without one, those of whoever bought what it returns; else nobody's.
 * `owners` are the subjects of the purchases it names, as far as they are known, by `documentKey`.
 */
export function routeDocument(document: Document, owners: ReadonlyMap<string, string>): DocumentInput {
  const named: NamedOwner[] = namedPurchases(document).flatMap(({ source, id }) => {
    const subject = owners.get(documentKey(source, id));
    return subject === undefined ? [] : [{ source, id, subject }];
  });
  const subject = document.member ?? soleSubject(named) ?? ownSubject(document.source, document.id);
  return { kind: 'document', document, subject, member: subject.startsWith(NOBODY) ? undefined : subject, named };
}

function soleSubject(named: readonly NamedOwner[]): string | undefined {
  const [first, ...others] = new Set(named.map((owner) => owner.subject));
  return others.length === 0 ? first : undefined;
}
