import type { KafkaRecord } from '@loyalty/event-log';
import type { Document } from '../core/document.ts';
import type { Problem } from '../core/problem.ts';
import { KEY_REUSED } from '../document-answer.ts';
import { passes } from '../passes.ts';
import { recordDocuments, type DocumentOutcome, type Door } from '../record-documents.ts';
import { contentOf, inboundDocument } from './inbound-document.ts';
import type { Undeliverable } from './inbound-store.ts';

export interface Recorded {
  readonly recorded: number;
  /** Recorded before, through whatever door. */
  readonly duplicate: number;
  readonly letters: readonly Undeliverable[];
}

/** More faults than these in one batch are not the documents': nothing is given up then. */
const MOST_FAULTS = 20;

/**
 * Records a batch, each record for itself; what cannot be recorded comes back with its reason.
 * Rejects with what goes away by itself (a database that does not answer, a full queue): some may be recorded then, and the batch is
 * to be given again.
 */
export async function recordInbound(door: Door, records: readonly KafkaRecord[]): Promise<Recorded> {
  const letters: Undeliverable[] = [];
  const refuse = (record: KafkaRecord, problem: Problem): void => {
    const { value: body, headers } = contentOf(record);
    letters.push({ offset: record.offset, key: record.key, body, headers, problem });
  };
  const sound: { record: KafkaRecord; document: Document }[] = [];
  for (const record of records) {
    const read = inboundDocument(contentOf(record));
    if (read.ok) sound.push({ record, document: read.document });
    else refuse(record, read.problem);
  }
  const outcomes = await outcomesOf(
    door,
    sound.map(({ document }) => document),
  );
  throwWhatPasses(outcomes);
  let duplicate = 0;
  sound.forEach(({ record }, i) => {
    const outcome = outcomes[i] as DocumentOutcome;
    const problem = problemOf(outcome);
    if (problem !== undefined) refuse(record, problem);
    else if (outcome.kind === 'accepted' && outcome.replayed) duplicate++;
  });
  letters.sort((a, b) => a.offset - b.offset);
  return { recorded: records.length - duplicate - letters.length, duplicate, letters };
}

/** A fault of one document must not stand in the way of the others: they are then tried one by one. */
async function outcomesOf(door: Door, documents: readonly Document[]): Promise<DocumentOutcome[]> {
  try {
    return await recordDocuments(door, documents);
  } catch (error) {
    if (passes(error)) throw error;
    if (documents.length === 1) return [{ kind: 'failed', error: error as Error }];
    const outcomes: DocumentOutcome[] = [];
    for (const document of documents) {
      outcomes.push(...(await outcomesOf(door, [document])));
      throwWhatPasses(outcomes);
    }
    return outcomes;
  }
}

function throwWhatPasses(outcomes: readonly DocumentOutcome[]): void {
  const faults = outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.error] : []));
  const passing = faults.find(passes);
  if (passing !== undefined) throw passing;
  if (faults.length > MOST_FAULTS) throw faults[0];
}

function problemOf(outcome: DocumentOutcome): Problem | undefined {
  switch (outcome.kind) {
    case 'accepted':
      return undefined;
    case 'refused': {
      const { code, message, pointer = '' } = outcome.refusal;
      return { code, message, pointer };
    }
    case 'conflict':
      return { pointer: '', ...KEY_REUSED };
    case 'failed':
      return { pointer: '', code: 'internal_error', message: outcome.error.message };
  }
}
