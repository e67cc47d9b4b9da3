import { textArray } from '@loyalty/database';
import type { Decider } from '@loyalty/event-store';
import { emptyFeedback, evolve, type CaseState, type FeedbackState } from './core/case.ts';
import type { FeedbackAnswer, FeedbackCommand } from './core/command.ts';
import { decide } from './core/decide.ts';
import { casesModel } from './projections/cases.ts';

const STATE_BYTES = 120;
const CASE_BYTES = 200;

/** Feedback decides nothing by anything but a subject's own cases, so the exact read model is the whole state. */
export function feedbackDecider(schema: string): Decider<FeedbackState, FeedbackCommand, FeedbackAnswer, null> {
  return {
    async load(tx, subjects) {
      const states = new Map(subjects.map(({ subject }) => [subject, emptyFeedback()]));
      const { rows } = await tx.query<{ subject: string; id: string } & CaseState>({
        name: `feedback-load-${schema}`,
        text: `SELECT subject, case_id AS id, status, assignee FROM ${schema}.cases WHERE subject = ANY ($1::text[])`,
        values: [textArray([...states.keys()])],
      });
      for (const { subject, id, status, assignee } of rows) states.get(subject)?.cases.set(id, { status, assignee });
      return states;
    },
    loadGlobal: () => Promise.resolve(null),
    decide: (command, state, { now }) => decide(command, state, now),
    evolve,
    weigh: (state) => STATE_BYTES + state.cases.size * CASE_BYTES,
    models: [casesModel],
  };
}
