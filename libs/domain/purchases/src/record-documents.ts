import { hash } from 'node:crypto';
import type { ListedOutcome, Work } from '@loyalty/event-store';
import type { Pool } from 'pg';
import type { PurchasesAnswer } from './core/decision.ts';
import { contentText, documentKey, isReturnLine, type Document } from './core/document.ts';
import type { PurchasesInput } from './core/input.ts';
import { namedPurchases, routeDocument } from './core/route.ts';
import { documentNamespace, findOwners } from './owners.ts';
import type { PurchasesWriter } from './purchases-writer.ts';

export type DocumentOutcome = ListedOutcome<PurchasesAnswer>;

/** The one way into the log of purchases. */
export interface Door {
  readonly pool: Pool;
  readonly writer: PurchasesWriter;
}

/** Where a request came from, for its events. */
export interface Trace {
  readonly correlation?: string | null;
  readonly trace?: string | null;
}

/**
 * Records documents, each for itself; outcomes in their order. The same for HTTP and files.
 * Rejects with QueueFullError (none was taken), WriterClosedError, or what PostgreSQL said when asked whose named purchases are.
 */
export async function recordDocuments(
  door: Door,
  documents: readonly Document[],
  trace: Trace = {},
): Promise<DocumentOutcome[]> {
  const owners = await ownersOf(door, documents);
  const works = documents.map((document) => documentWork(document, owners, trace));
  const outcomes = await door.writer.executeMany(works);
  const early = outcomes.flatMap((outcome, i) => (cameTooEarly(outcome, documents[i] as Document, owners) ? [i] : []));
  if (early.length === 0) return outcomes;
  // The purchase these returns name stood beside them and is recorded by now.
  const again = await door.writer.executeMany(early.map((i) => works[i] as Work<PurchasesInput>));
  early.forEach((i, n) => (outcomes[i] = again[n] as DocumentOutcome));
  return outcomes;
}

/** Whose the purchases are that return lines name: as recorded, else as this very batch says. */
async function ownersOf({ pool }: Door, documents: readonly Document[]): Promise<Map<string, string>> {
  const named = documents.flatMap(namedPurchases);
  if (named.length === 0) return new Map();
  const owners = new Map<string, string>();
  for (const document of documents) {
    if (document.lines.every(isReturnLine)) continue;
    owners.set(documentKey(document.source, document.id), routeDocument(document, new Map()).subject);
  }
  for (const [key, subject] of await findOwners(pool, named)) owners.set(key, subject);
  return owners;
}

function documentWork(document: Document, owners: ReadonlyMap<string, string>, trace: Trace): Work<PurchasesInput> {
  const input = routeDocument(document, owners);
  const key = {
    namespace: documentNamespace(document.source),
    key: document.id,
    hash: hash('sha256', contentText(document)),
  };
  return { subject: input.subject, input, key, ...trace };
}

function cameTooEarly(outcome: DocumentOutcome, document: Document, owners: ReadonlyMap<string, string>): boolean {
  if (outcome.kind !== 'refused' || outcome.refusal.code !== 'unknown_purchase') return false;
  return namedPurchases(document).every(({ source, id }) => owners.has(documentKey(source, id)));
}
