import { problemOf, type Problem } from '@loyalty/service';
import type { PurchasesAnswer } from './core/decision.ts';
import type { Document } from './core/document.ts';
import { documentAnswer } from './document-answer.ts';
import { documentOf } from './document-body.ts';
import { recordDocuments, type DocumentOutcome, type Door } from './record-documents.ts';

/** One document's answer: the status and body it would have had alone. */
export type BatchItem =
  | { readonly status: number; readonly answer: PurchasesAnswer }
  | { readonly status: number; readonly problem: Problem };

export interface BatchAnswer {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** In the order of the documents sent. */
  readonly items: readonly BatchItem[];
}

/** Records each document for itself: a bad one spoils no other. */
export async function recordBatch(door: Door, bodies: readonly unknown[]): Promise<BatchAnswer> {
  const items: BatchItem[] = [];
  const sound: { place: number; document: Document }[] = [];
  bodies.forEach((body, place) => {
    try {
      sound.push({ place, document: documentOf(body) });
    } catch (error) {
      items[place] = failed(error);
    }
  });
  const outcomes = await recordDocuments(
    door,
    sound.map(({ document }) => document),
  );
  sound.forEach(({ place }, i) => (items[place] = itemOf(outcomes[i] as DocumentOutcome)));
  const count = (status: number): number => items.filter((item) => item.status === status).length;
  const [accepted, duplicate] = [count(201), count(200)];
  return { accepted, duplicate, rejected: items.length - accepted - duplicate, items };
}

function itemOf(outcome: DocumentOutcome): BatchItem {
  try {
    const { status, body } = documentAnswer(outcome);
    return { status, answer: body };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): BatchItem {
  const { problem } = problemOf(error);
  return { status: problem.status, problem };
}
