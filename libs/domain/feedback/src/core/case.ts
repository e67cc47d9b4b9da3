import type { CaseActed, CaseAssigned, CaseOpened, CaseResolved } from '@loyalty/contracts';
import type { StoredEvent } from '@loyalty/kernel';

/** What deciding needs to know of a case. */
export interface CaseState {
  readonly status: 'open' | 'resolved';
  readonly assignee: string | null;
}

/** One subject's cases by id. Answers leave nothing here: their keys alone make them once. */
export interface FeedbackState {
  readonly cases: Map<string, CaseState>;
}

export function emptyFeedback(): FeedbackState {
  return { cases: new Map() };
}

/** A case's id follows from its answer's, so that the same answer can never open two. */
export function caseOfAnswer(answer: string): string {
  return `case-${answer}`;
}

/** How the subject of an anonymous answer begins. */
export const NOBODY = 'answer:';

/** Who writes for nobody known: each anonymous answer is a subject of its own. */
export function subjectOfAnswer(answer: { readonly id: string; readonly member?: string | undefined }): string {
  return answer.member ?? `${NOBODY}${answer.id}`;
}

/**
 * The state after the event; changes and returns the same object. Types it does not know leave it as it is:
 * an answer alone changes no case, and a newer process may write what this one has not learnt yet.
 */
export function evolve(state: FeedbackState, event: Pick<StoredEvent, 'type' | 'data'>): FeedbackState {
  switch (event.type) {
    case 'case.opened.v1': {
      const { case: id } = JSON.parse(event.data) as CaseOpened;
      state.cases.set(id, { status: 'open', assignee: null });
      return state;
    }
    case 'case.assigned.v1': {
      const { case: id, assignee } = JSON.parse(event.data) as CaseAssigned;
      return changed(state, id, { assignee });
    }
    case 'case.acted.v1': {
      const { case: id } = JSON.parse(event.data) as CaseActed;
      return changed(state, id, {});
    }
    case 'case.resolved.v1': {
      const { case: id } = JSON.parse(event.data) as CaseResolved;
      return changed(state, id, { status: 'resolved' });
    }
    default:
      return state;
  }
}

function changed(state: FeedbackState, id: string, change: Partial<CaseState>): FeedbackState {
  const before = state.cases.get(id);
  if (before === undefined) throw new Error(`the log speaks of case ${id} before it was opened`);
  state.cases.set(id, { ...before, ...change });
  return state;
}
