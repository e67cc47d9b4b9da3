import { feedbackEvents } from '@loyalty/contracts';
import { parseInstant, type NewEvent } from '@loyalty/kernel';
import fc from 'fast-check';
import { caseOfAnswer, emptyFeedback, evolve, subjectOfAnswer, type FeedbackState } from './case.ts';
import type { FeedbackCommand, RecordAnswer } from './command.ts';
import { decide, FUTURE_TOLERANCE_MS, QUESTIONS } from './decide.ts';

const now = parseInstant('2026-06-06T02:15:00Z')!;
const angry: RecordAnswer = {
  kind: 'recordAnswer',
  id: 'a-1',
  member: 'm-1',
  question: 'nps',
  score: 3,
  comment: 'cold coffee',
};

/** What happened so far, as the state of one subject. */
function given(...events: readonly NewEvent[]): FeedbackState {
  return events.reduce(
    (state, event) => evolve(state, { type: event.type, data: JSON.stringify(event.data) }),
    emptyFeedback(),
  );
}

function run(commands: readonly FeedbackCommand[]): { state: FeedbackState; events: NewEvent[]; codes: string[] } {
  const events: NewEvent[] = [];
  const codes: string[] = [];
  let state = emptyFeedback();
  for (const command of commands) {
    const decision = decide(command, state, now);
    if (decision.kind === 'refused') {
      codes.push(decision.refusal.code);
      continue;
    }
    codes.push('ok');
    for (const event of decision.events) {
      events.push(event);
      state = evolve(state, { type: event.type, data: JSON.stringify(event.data) });
    }
  }
  return { state, events, codes };
}

describe('recording an answer', () => {
  it('records a happy answer and opens no case', () => {
    const decision = decide({ ...angry, score: 9 }, given(), now);
    expect(decision).toMatchObject({ kind: 'accepted', answer: { id: 'a-1', case: null } });
    expect(decision.kind === 'accepted' && decision.events.map((e) => e.type)).toEqual(['feedback.answered.v1']);
  });

  it.each([
    ['nps', 6, true],
    ['nps', 7, false],
    ['csat', 2, true],
    ['csat', 3, false],
  ] as const)('a %s score of %d opens a case: %s', (question, score, opens) => {
    const decision = decide({ ...angry, question, score }, given(), now);
    expect(decision).toMatchObject({ kind: 'accepted', answer: { case: opens ? 'case-a-1' : null } });
  });

  it('dates answer and case at the moment the answer was given, because the customer waits since then', () => {
    const at = parseInstant('2026-06-01T10:00:00+08:00')!;
    const decision = decide({ ...angry, at }, given(), now);
    expect(decision.kind === 'accepted' && decision.events.map((e) => [e.type, e.time])).toEqual([
      ['feedback.answered.v1', at],
      ['case.opened.v1', at],
    ]);
  });

  it.each([
    ['nps', 11],
    ['nps', -1],
    ['nps', 5.5],
    ['csat', 0],
    ['csat', 6],
  ] as const)('refuses a %s score of %d', (question, score) => {
    expect(decide({ ...angry, question, score }, given(), now)).toMatchObject({
      refusal: { code: 'score_out_of_range', pointer: '/score' },
    });
  });

  it('refuses an answer from the future, but bears with clocks that run ahead', () => {
    expect(decide({ ...angry, at: now + FUTURE_TOLERANCE_MS }, given(), now).kind).toBe('accepted');
    expect(decide({ ...angry, at: now + FUTURE_TOLERANCE_MS + 1 }, given(), now)).toMatchObject({
      refusal: { code: 'answer_in_future' },
    });
  });

  it('refuses a member id that is a person’s address', () => {
    expect(decide({ ...angry, member: 'kim@example.org' }, given(), now)).toMatchObject({
      refusal: { code: 'member_id_personal', pointer: '/member' },
    });
  });

  it.each(['answer:a-7', 'doc:s/1'])('refuses %s as a member id: it is kept for nobody', (member) => {
    expect(decide({ ...angry, member }, given(), now)).toMatchObject({ refusal: { code: 'member_id_reserved' } });
  });

  it('gives each anonymous answer a subject of its own', () => {
    expect(subjectOfAnswer({ id: 'a-1' })).toBe('answer:a-1');
    expect(subjectOfAnswer({ id: 'a-1', member: 'm-1' })).toBe('m-1');
  });
});

describe('working on a case', () => {
  const id = caseOfAnswer('a-1');
  const assign: FeedbackCommand = { kind: 'assignCase', case: id, assignee: 'kim' };
  const act: FeedbackCommand = {
    kind: 'actOnCase',
    case: id,
    by: 'kim',
    action: 'called-back',
    note: 'angry, then not',
  };
  const resolve: FeedbackCommand = { kind: 'resolveCase', case: id, by: 'kim', rootCause: 'machine-broken' };

  it('goes from assigned over acted to resolved', () => {
    const { codes, events } = run([angry, assign, act, act, resolve]);
    expect(codes).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(events.map((e) => e.type).slice(2)).toEqual([
      'case.assigned.v1',
      'case.acted.v1',
      'case.acted.v1',
      'case.resolved.v1',
    ]);
  });

  it('goes on to somebody else, but not to who has it', () => {
    expect(run([angry, assign, assign]).codes).toEqual(['ok', 'ok', 'case_already_assigned']);
    expect(run([angry, assign, { ...assign, assignee: 'lee' }]).codes).toEqual(['ok', 'ok', 'ok']);
  });

  it('wants somebody to answer for it first', () => {
    expect(run([angry, act, resolve]).codes).toEqual(['ok', 'case_not_assigned', 'case_not_assigned']);
  });

  it('is over when it is resolved', () => {
    const closed = 'case_already_resolved';
    expect(run([angry, assign, resolve, resolve, act, { ...assign, assignee: 'lee' }]).codes).toEqual([
      'ok',
      'ok',
      'ok',
      closed,
      closed,
      closed,
    ]);
  });

  it('is not there before it was opened, and that answer is not kept', () => {
    expect(decide(assign, given(), now)).toMatchObject({
      kind: 'refused',
      keep: false,
      refusal: { code: 'case_not_found' },
    });
  });
});

const text = fc.stringMatching(/^[a-z]{1,3}$/);
const ids = fc.constantFrom('a', 'b', 'c');
const command: fc.Arbitrary<FeedbackCommand> = fc.oneof(
  fc.record({
    kind: fc.constant('recordAnswer' as const),
    id: ids,
    member: fc.constant('m-1'),
    question: fc.constantFrom('nps', 'csat'),
    score: fc.integer({ min: -1, max: 11 }),
  }),
  fc.record({ kind: fc.constant('assignCase' as const), case: ids.map(caseOfAnswer), assignee: text }),
  fc.record({ kind: fc.constant('actOnCase' as const), case: ids.map(caseOfAnswer), by: text, action: text }),
  fc.record({ kind: fc.constant('resolveCase' as const), case: ids.map(caseOfAnswer), by: text, rootCause: text }),
);
/** One answer an id: what the writer's keys see to. */
const story = fc.array(command, { maxLength: 40 }).map((all) => {
  const seen = new Set<string>();
  return all.filter((each) => each.kind !== 'recordAnswer' || (!seen.has(each.id) && seen.add(each.id)));
});

describe('any story', () => {
  it('writes only events that keep to their contract', () => {
    fc.assert(
      fc.property(story, (commands) => {
        for (const event of run(commands).events) {
          expect(
            feedbackEvents[event.type as keyof typeof feedbackEvents].schema.safeParse(event.data).error,
          ).toBeUndefined();
        }
      }),
    );
  });

  it('has a case for exactly the detractors, and nothing in a case after its end', () => {
    fc.assert(
      fc.property(story, (commands) => {
        const { events, state } = run(commands);
        const answers = events
          .filter((e) => e.type === 'feedback.answered.v1')
          .map((e) => e.data as { answer: string; kind: 'nps' | 'csat'; score: number });
        const unhappy = answers
          .filter((a) => a.score <= QUESTIONS[a.kind].detractorTo)
          .map((a) => caseOfAnswer(a.answer));
        expect([...state.cases.keys()].sort()).toEqual(unhappy.sort());
        for (const id of state.cases.keys()) {
          const steps = events.filter((e) => (e.data as { case?: string }).case === id).map((e) => e.type);
          expect(steps.slice(0, -1)).not.toContain('case.resolved.v1');
          expect(steps.indexOf('case.opened.v1')).toBe(0);
        }
      }),
    );
  });

  it('is refused without a trace: the state is what the events say', () => {
    fc.assert(
      fc.property(story, (commands) => {
        const { events, state } = run(commands);
        expect(given(...events)).toEqual(state);
      }),
    );
  });
});
