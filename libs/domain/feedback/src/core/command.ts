import type { DocumentRef } from '@loyalty/contracts';
import type { EpochMs } from '@loyalty/kernel';

/** A member (or somebody unknown) answered a survey question. `id` is the client's own: the answer's key for ever. */
export interface RecordAnswer {
  readonly kind: 'recordAnswer';
  readonly id: string;
  /** Absent: anonymous. */
  readonly member?: string;
  readonly question: 'nps' | 'csat';
  readonly score: number;
  /** Personal: stored sealed. */
  readonly comment?: string;
  readonly language?: string;
  readonly channel?: string;
  readonly store?: string;
  readonly purchase?: DocumentRef;
  /** When it was given. @default the recorded time */
  readonly at?: EpochMs;
}

export interface AssignCase {
  readonly kind: 'assignCase';
  readonly case: string;
  readonly assignee: string;
}

/** Something was done about it: called back, replaced, apologised … */
export interface ActOnCase {
  readonly kind: 'actOnCase';
  readonly case: string;
  readonly by: string;
  readonly action: string;
  /** Personal: stored sealed. */
  readonly note?: string;
}

export interface ResolveCase {
  readonly kind: 'resolveCase';
  readonly case: string;
  readonly by: string;
  readonly rootCause: string;
  /** Personal: stored sealed. */
  readonly note?: string;
}

export type CaseCommand = AssignCase | ActOnCase | ResolveCase;
export type FeedbackCommand = RecordAnswer | CaseCommand;

/** What a caller gets, and gets again on a retry. Holds no plain text of sealed fields. */
export interface FeedbackAnswer {
  readonly id?: string;
  /** The case concerned; null where the answer opened none. */
  readonly case: string | null;
  readonly status?: 'open' | 'resolved';
}
