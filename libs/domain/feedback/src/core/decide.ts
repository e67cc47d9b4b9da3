import type { CaseActed, CaseAssigned, CaseOpened, CaseResolved, FeedbackAnswered } from '@loyalty/contracts';
import { formatInstant, looksPersonal, refusal, type EpochMs, type NewEvent, type Refusal } from '@loyalty/kernel';
import { caseOfAnswer, NOBODY, type FeedbackState } from './case.ts';
import type {
  ActOnCase,
  AssignCase,
  CaseCommand,
  FeedbackAnswer,
  FeedbackCommand,
  RecordAnswer,
  ResolveCase,
} from './command.ts';

export type FeedbackDecision =
  | { readonly kind: 'accepted'; readonly events: readonly NewEvent[]; readonly answer: FeedbackAnswer }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly keep?: boolean };

/** Scores a question allows, and up to which one somebody is unhappy enough to be called back. */
export const QUESTIONS = {
  nps: { from: 0, to: 10, detractorTo: 6 },
  csat: { from: 1, to: 5, detractorTo: 2 },
} as const;

/** Subjects of answers and documents that nobody is known for. */
const RESERVED = [NOBODY, 'doc:'];

/** Clocks of tills and tablets run ahead; a day covers any time zone mistaken for UTC. */
export const FUTURE_TOLERANCE_MS = 24 * 60 * 60 * 1000;

/**
 * Refusals: `score_out_of_range`, `member_id_personal`, `member_id_reserved`, `answer_in_future`, `case_not_found` (not kept: the case may still come),
 * `case_already_resolved`, `case_already_assigned`, `case_not_assigned`.
 */
export function decide(command: FeedbackCommand, state: FeedbackState, now: EpochMs): FeedbackDecision {
  switch (command.kind) {
    case 'recordAnswer':
      return recordAnswer(command, now);
    case 'assignCase':
      return onOpenCase(command, state, now, assign);
    case 'actOnCase':
      return onOpenCase(command, state, now, act);
    case 'resolveCase':
      return onOpenCase(command, state, now, resolve);
  }
}

function recordAnswer(command: RecordAnswer, now: EpochMs): FeedbackDecision {
  const { from, to, detractorTo } = QUESTIONS[command.question];
  if (!Number.isInteger(command.score) || command.score < from || command.score > to) {
    return refused(
      'score_out_of_range',
      `${command.question.toUpperCase()} scores are whole numbers from ${from} to ${to}.`,
      { pointer: '/score' },
    );
  }
  if (command.member !== undefined && looksPersonal(command.member)) {
    return refused(
      'member_id_personal',
      'A member id must not be an e-mail address or a phone number: ids are opaque.',
      {
        pointer: '/member',
      },
    );
  }
  if (command.member !== undefined && RESERVED.some((prefix) => command.member?.startsWith(prefix))) {
    return refused('member_id_reserved', `A member id must not begin with ${RESERVED.join(' or ')}.`, {
      pointer: '/member',
    });
  }
  const time = command.at ?? now;
  if (time > now + FUTURE_TOLERANCE_MS) {
    return refused('answer_in_future', 'An answer cannot have been given more than a day from now.', {
      pointer: '/at',
    });
  }
  const at = formatInstant(time);
  const who = { answer: command.id, ...(command.member !== undefined && { member: command.member }), at };
  const answered: FeedbackAnswered = {
    ...who,
    kind: command.question,
    score: command.score,
    ...given(command, ['comment', 'language', 'channel', 'store', 'purchase']),
  };
  const events: NewEvent[] = [{ type: 'feedback.answered.v1', time, data: answered }];
  if (command.score > detractorTo) return { kind: 'accepted', events, answer: { id: command.id, case: null } };
  const id = caseOfAnswer(command.id);
  // Dated at the answer, not at its arrival: the customer has been waiting since then.
  const opened: CaseOpened = { case: id, ...who, reason: 'detractor', kind: command.question, score: command.score };
  events.push({ type: 'case.opened.v1', time, data: opened });
  return { kind: 'accepted', events, answer: { id: command.id, case: id } };
}

type OnCase<Command> = (
  command: Command,
  assignee: string | null,
  at: string,
) => { type: string; data: unknown; status?: 'resolved' } | Refusal;

function onOpenCase<Command extends CaseCommand>(
  command: Command,
  state: FeedbackState,
  now: EpochMs,
  then: OnCase<Command>,
): FeedbackDecision {
  const known = state.cases.get(command.case);
  if (known === undefined) return { ...refused('case_not_found', 'There is no such case.'), keep: false };
  if (known.status === 'resolved') return refused('case_already_resolved', 'The case was resolved before.');
  const result = then(command, known.assignee, formatInstant(now));
  if ('code' in result) return { kind: 'refused', refusal: result };
  const { type, data, status = 'open' } = result;
  return { kind: 'accepted', events: [{ type, time: now, data }], answer: { case: command.case, status } };
}

const assign: OnCase<AssignCase> = ({ case: id, assignee }, before, at) => {
  if (before === assignee)
    return refusal('case_already_assigned', 'The case is with this person already.', { pointer: '/assignee' });
  const data: CaseAssigned = { case: id, at, assignee };
  return { type: 'case.assigned.v1', data };
};

const act: OnCase<ActOnCase> = (command, assignee, at) => {
  if (assignee === null) return nobody();
  const data: CaseActed = {
    case: command.case,
    at,
    by: command.by,
    action: command.action,
    ...given(command, ['note']),
  };
  return { type: 'case.acted.v1', data };
};

const resolve: OnCase<ResolveCase> = (command, assignee, at) => {
  if (assignee === null) return nobody();
  const data: CaseResolved = {
    case: command.case,
    at,
    by: command.by,
    rootCause: command.rootCause,
    ...given(command, ['note']),
  };
  return { type: 'case.resolved.v1', data, status: 'resolved' };
};

/** A loop is closed by somebody who answers for it: what was done for a case nobody holds cannot be followed up. */
function nobody(): Refusal {
  return refusal('case_not_assigned', 'Assign the case first.');
}

function refused(
  code: string,
  message: string,
  extra?: { pointer: string },
): { readonly kind: 'refused'; readonly refusal: Refusal } {
  return { kind: 'refused', refusal: refusal(code, message, extra) };
}

/** The fields that are there: an absent one must not become `undefined` in an event. */
function given<T extends object, K extends keyof T>(
  from: T,
  keys: readonly K[],
): { [P in K]?: Exclude<T[P], undefined> } {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as {
    [P in K]?: Exclude<T[P], undefined>;
  };
}
