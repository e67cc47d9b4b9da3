import { setTimeout } from 'node:timers/promises';
import { parseInstant, type EpochMs } from '@loyalty/kernel';
import { answerWork, type FeedbackWriter } from '@loyalty/feedback';
import {
  parseDocument,
  recordDocuments,
  voidDocument,
  type Document,
  type DocumentOutcome,
  type Door,
} from '@loyalty/purchases';
import type { DemoAnswer } from './answers.ts';
import type { Happening } from './retailer.ts';

export interface Doors {
  readonly purchases: Door;
  readonly feedback: FeedbackWriter;
}

/** What became of what the demonstration sent. */
export interface DemoCounts {
  documents: number;
  duplicates: number;
  refused: number;
  voids: number;
  answers: number;
}

/** Documents sent together. */
const BATCH = 500;
const FULL_MS = 20;

/**
 * Sends a retailer's happenings through the same doors as files and HTTP, day after day, in the order of their arrival.
 * @param onDay told after each day how many happenings are done
 */
export async function loadRetailer(
  days: Iterable<readonly Happening[]>,
  doors: Doors,
  onDay: (happenings: number) => void,
): Promise<DemoCounts> {
  const counts: DemoCounts = { documents: 0, duplicates: 0, refused: 0, voids: 0, answers: 0 };
  let done = 0;
  let waiting: Happening[] = [];
  const send = async (): Promise<void> => {
    const happenings = waiting;
    waiting = [];
    await sendAll(happenings, doors, counts);
    done += happenings.length;
    onDay(done);
  };
  for (const day of days) {
    waiting.push(...day);
    if (waiting.length >= BATCH) await send();
  }
  await send();
  return counts;
}

async function sendAll(happenings: readonly Happening[], doors: Doors, counts: DemoCounts): Promise<void> {
  const documents = happenings.flatMap((each) => (each.kind === 'document' ? [documentOf(each.document)] : []));
  for (const outcome of await patiently(() => recordDocuments(doors.purchases, documents))) count(outcome, counts);
  for (const each of happenings) {
    if (each.kind !== 'void') continue;
    const { source, id, reason } = each;
    const outcome = await voidDocument(doors.purchases, { source, id, reason });
    if (outcome.kind === 'accepted' && !outcome.replayed) counts.voids++;
  }
  const answers = happenings.flatMap((each) => (each.kind === 'answer' ? [workOf(each.answer)] : []));
  const outcomes = await patiently(() => doors.feedback.executeMany(answers));
  for (const outcome of outcomes) {
    if (outcome.kind === 'failed') throw outcome.error;
    if (outcome.kind === 'accepted' && !outcome.replayed) counts.answers++;
  }
}

function documentOf(input: object): Document {
  const parsed = parseDocument(input);
  if ('problems' in parsed)
    throw new TypeError(`the demonstration made a document that cannot be: ${JSON.stringify(parsed.problems)}`);
  return parsed.document;
}

function workOf({ answer, kind, at, ...rest }: DemoAnswer): ReturnType<typeof answerWork> {
  return answerWork({ kind: 'recordAnswer', id: answer, question: kind, at: parseInstant(at) as EpochMs, ...rest });
}

function count(outcome: DocumentOutcome, counts: DemoCounts): void {
  if (outcome.kind === 'failed') throw outcome.error;
  if (outcome.kind !== 'accepted') counts.refused++;
  else if (outcome.replayed) counts.duplicates++;
  else counts.documents++;
}

/** A queue that is full empties in milliseconds. */
async function patiently<T>(send: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if ((error as Error).name !== 'QueueFullError') throw error;
      await setTimeout(FULL_MS);
    }
  }
}
