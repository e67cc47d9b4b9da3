import { openSealed, readSubject, type SealedField } from '@loyalty/event-store';
import { formatInstant, type StoredEvent } from '@loyalty/kernel';
import type { Pool } from 'pg';
import { caseSummary, type CaseRow, type CaseSummary } from './case-list.ts';
import { FEEDBACK_SCHEMA } from './feedback-writer.ts';

/**
 * What people wrote. `hidden`: the key that asks may not read it. `erased`: the member's own key was destroyed, nobody can read it.
 */
export type SealedText = { readonly text: string } | 'hidden' | 'erased';

/** One event of a case. */
export interface CaseStep {
  readonly at: string;
  readonly what: 'answered' | 'opened' | 'assigned' | 'acted' | 'resolved';
  readonly comment?: SealedText;
  readonly note?: SealedText;
  readonly by?: string;
  readonly assignee?: string;
  readonly action?: string;
  readonly rootCause?: string;
  /** Of an answer. */
  readonly kind?: string;
  readonly score?: number;
  readonly language?: string;
  readonly channel?: string;
  readonly store?: string;
  readonly purchase?: { readonly source: string; readonly id: string };
}

export interface CaseDetail extends CaseSummary {
  readonly history: readonly CaseStep[];
}

const STEPS: Readonly<Record<string, CaseStep['what']>> = {
  'feedback.answered.v1': 'answered',
  'case.opened.v1': 'opened',
  'case.assigned.v1': 'assigned',
  'case.acted.v1': 'acted',
  'case.resolved.v1': 'resolved',
};
const SHOWN = ['by', 'assignee', 'action', 'rootCause', 'score', 'language', 'channel', 'store', 'purchase'] as const;
const PAGE = 500;

/** A case with all that happened to it, in order. @param open whether comment and notes are to be read */
export async function caseDetail(pool: Pool, row: CaseRow, open: boolean): Promise<CaseDetail> {
  const events = await eventsOf(pool, row);
  const texts = open ? await openedTexts(pool, row.subject, events) : new Map<string, SealedText>();
  return { ...caseSummary(row), history: events.map((event) => stepOf(event, texts)) };
}

/** The answer, right before the opening, and what followed. A member's log holds other answers and cases too: they are passed by. */
async function eventsOf(pool: Pool, row: CaseRow): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (let after = row.opened_position - 2; ;) {
    const read = { service: 'feedback', subject: row.subject, shard: row.shard, after, limit: PAGE };
    const events = await readSubject(pool, FEEDBACK_SCHEMA, read);
    for (const event of events) {
      const data = JSON.parse(event.data) as { case?: string; answer?: string };
      const concerns = event.type === 'feedback.answered.v1' ? data.answer === row.answer : data.case === row.case_id;
      if (concerns) found.push(event);
    }
    const last = events.at(-1);
    if (!last || events.length < PAGE || found.at(-1)?.type === 'case.resolved.v1') return found;
    after = last.position;
  }
}

async function openedTexts(
  pool: Pool,
  subject: string,
  events: readonly StoredEvent[],
): Promise<Map<string, SealedText>> {
  const sealed: SealedField[] = [];
  for (const { id, data } of events) {
    const { comment, note } = JSON.parse(data) as { comment?: string; note?: string };
    if (comment !== undefined) sealed.push({ subject, eventId: id, field: 'comment', value: comment });
    if (note !== undefined) sealed.push({ subject, eventId: id, field: 'note', value: note });
  }
  const texts = await openSealed(pool, FEEDBACK_SCHEMA, sealed);
  return new Map(
    sealed.map(({ eventId, field }, i) => {
      const text = texts[i];
      return [`${eventId}/${field}`, typeof text === 'string' ? { text } : 'erased'];
    }),
  );
}

function stepOf({ id, type, time, data }: StoredEvent, texts: ReadonlyMap<string, SealedText>): CaseStep {
  const body = JSON.parse(data) as Record<string, unknown>;
  const what = STEPS[type];
  if (what === undefined) throw new Error(`a case's history knows no ${type}`);
  const step: Record<string, unknown> = { at: formatInstant(time), what };
  if (what === 'answered') step['kind'] = body['kind'];
  for (const field of what === 'opened' ? [] : SHOWN) if (body[field] !== undefined) step[field] = body[field];
  for (const field of ['comment', 'note']) {
    if (body[field] !== undefined) step[field] = texts.get(`${id}/${field}`) ?? 'hidden';
  }
  return step as unknown as CaseStep;
}
